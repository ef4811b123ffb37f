import { fileURLToPath } from 'node:url';
import { RawWebSocket } from '../client/raw-web-socket.ts';
import { OutputCounter, type Terminal } from '../client/terminal.ts';
import type { Program } from '../programs.ts';
import { freePort } from '../workbench.ts';
import type { Address, Contender } from './contender.ts';

const BINARY = 2;

/** node-pty and `ws`, a message per chunk: what most web terminals are, and the yardstick of the targets. */
export const naive: Contender = {
  name: 'naive',
  async start(bench) {
    const port = await freePort();
    const server = await bench.startServer(
      [fileURLToPath(new URL('naive-server.js', import.meta.url)), `${port}`],
      port,
    );
    return { pid: server.pid, address: { port }, stop: server.stop };
  },
  async open(address: Address, program: Program): Promise<Terminal> {
    const output = new OutputCounter();
    const socket = new RawWebSocket(
      { port: address.port, path: '/' },
      {
        headBytes: () => 0,
        onFrame: (opcode, payloadBytes) => {
          if (opcode === BINARY || opcode === 0) output.add(payloadBytes);
        },
        onClose: () => output.end(),
      },
    );
    await socket.opened;
    socket.sendText(JSON.stringify(['sh', program.script]));
    await output.reach(1);
    return {
      get receivedBytes() {
        return output.receivedBytes;
      },
      ended: output.ended,
      reach: (bytes) => output.reach(bytes),
      write: (text) => socket.sendBinary(Buffer.from(text)),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      close: async () => socket.close(),
    };
  },
};
