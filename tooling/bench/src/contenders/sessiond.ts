import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RawWebSocket } from '../client/raw-web-socket.ts';
import { OutputCounter, type Terminal } from '../client/terminal.ts';
import type { Program } from '../programs.ts';
import { freePort } from '../workbench.ts';
import type { Address, Contender } from './contender.ts';

const TEXT = 1;
const FRAME_HEADER_BYTES = 16;
const OUTPUT = 1;
const INPUT = 2;
const GAP = 4;
const END = 5;
const CLOSE_LIMIT_MS = 2_000;

interface Response {
  readonly type: string;
  readonly id?: string;
  readonly success?: boolean;
  readonly error?: string;
  readonly data?: { readonly sessionId?: string; readonly channel?: number };
}

/**
 * Ours: the built daemon as it is deployed, on the same kind of socket as its rivals.
 *
 * The client reads the bytes on the wire itself and not through our client library, so that it costs what the
 * rivals' clients cost.
 */
export const sessiond: Contender = {
  name: 'sessiond',
  async start(bench) {
    const binary = fileURLToPath(new URL('../../../../apps/runtime/bin/sessiond.js', import.meta.url));
    if (!existsSync(binary)) throw new Error('Cannot start sessiond: it is not built, run `npm run build`');
    const port = await freePort();
    const stateDirectory = join(bench.directory, `sessiond-${port}`);
    const server = await bench.startServer(
      [
        binary,
        '--host',
        '127.0.0.1',
        '--port',
        `${port}`,
        '--no-socket',
        '--auth',
        'none',
        '--state-dir',
        stateDirectory,
        // The limits are asked as ever, and never say no: the rivals have none.
        ...['data', 'control', 'total'].flatMap((budget) => [`--${budget}-commands-per-minute`, '1000000']),
      ],
      port,
      // Whoever runs the bench may have options of their own for their own daemon.
      { XDG_CONFIG_HOME: stateDirectory },
    );
    return { pid: server.pid, address: { port }, stop: server.stop };
  },
  open: (address, program) => openSession(address, program),
};

async function openSession({ port }: Address, program: Program): Promise<Terminal> {
  const output = new OutputCounter();
  const pending = new Map<string, { resolve(data: Response['data']): void; reject(error: Error): void }>();
  let paused = false;
  const onText = (message: Response): void => {
    if (message.type !== 'response' || message.id === undefined) return;
    const waiting = pending.get(message.id);
    pending.delete(message.id);
    if (message.success) waiting?.resolve(message.data);
    else waiting?.reject(new Error(`Cannot use sessiond: ${message.error}`));
  };
  const socket = new RawWebSocket(
    { port, path: '/v1/ws' },
    {
      headBytes: (opcode, payloadBytes) => (opcode === TEXT ? payloadBytes : FRAME_HEADER_BYTES),
      onFrame: (opcode, payloadBytes, head) => {
        if (opcode === TEXT) onText(JSON.parse(head.toString()) as Response);
        else if (head[0] === OUTPUT) output.add(payloadBytes - FRAME_HEADER_BYTES);
        else if (head[0] === END) output.end();
        else if (head[0] === GAP && program.overflow === 'pause') {
          throw new Error('Cannot measure sessiond: it skipped output of a session that must not lose any');
        }
      },
      onClose: () => {
        output.end();
        for (const { reject } of pending.values()) reject(new Error('Cannot use sessiond: it closed the connection'));
      },
    },
  );
  let commands = 0;
  const request = (type: string, fields: object): Promise<Response['data']> =>
    new Promise((resolve, reject) => {
      const id = `c${++commands}`;
      pending.set(id, { resolve, reject });
      socket.sendText(JSON.stringify({ type, id, ...fields }));
    });
  await socket.opened;
  const created = await request('create_session', {
    kind: 'pty',
    pty: { command: 'sh', args: [program.script], overflow: program.overflow },
  });
  const sessionId = created?.sessionId;
  const attached = await request('attach', { sessionId, from: 'start' });
  const channel = attached?.channel;
  if (sessionId === undefined || channel === undefined) throw new Error('Cannot use sessiond: it names no channel');
  let inputBytes = 0;
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    // Sessions outlive their clients: without this, the flood would go on.
    if (paused) socket.resume();
    const deleted = request('delete_session', { sessionId }).catch(() => undefined);
    const limit = setTimeout(() => socket.close(), CLOSE_LIMIT_MS);
    await deleted;
    clearTimeout(limit);
    socket.close();
  };
  await output.reach(1);
  return {
    get receivedBytes() {
      return output.receivedBytes;
    },
    ended: output.ended,
    reach: (bytes) => output.reach(bytes),
    write(text) {
      const frame = Buffer.alloc(FRAME_HEADER_BYTES + text.length);
      frame[0] = INPUT;
      frame.writeUInt32BE(channel, 4);
      frame.writeBigUInt64BE(BigInt(inputBytes), 8);
      frame.write(text, FRAME_HEADER_BYTES, 'latin1');
      inputBytes += text.length;
      socket.sendBinary(frame);
    },
    pause() {
      paused = true;
      socket.pause();
    },
    resume() {
      paused = false;
      socket.resume();
    },
    close: () => (closing ??= close()),
  };
}
