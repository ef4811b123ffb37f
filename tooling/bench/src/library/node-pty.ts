import { type IPty, spawn } from 'node-pty';
import { OutputCounter } from '../client/terminal.ts';
import { Scrollback } from './scrollback.ts';
import { HISTORY_BYTES, type TerminalLibrary } from './terminal-library.ts';

/** node-pty's own `spawn`, its data events, and an array for the history. */
export const nodePty: TerminalLibrary = {
  open([command, ...args], onBytes) {
    const output = new OutputCounter();
    const history = new Scrollback(HISTORY_BYTES);
    const pty = spawnBytes([command!, ...args]);
    onChunk(pty, (chunk) => {
      history.push(chunk);
      onBytes?.(chunk);
      output.add(chunk.length);
    });
    const exited = new Promise<void>((resolve) => pty.onExit(() => resolve()));
    void exited.then(() => output.end());
    return {
      get receivedBytes() {
        return output.receivedBytes;
      },
      ended: output.ended,
      reach: (bytes) => output.reach(bytes),
      write: (text) => pty.write(text),
      close: async () => {
        pty.kill('SIGKILL');
        await exited;
      },
    };
  },
};

/** A terminal whose data events carry bytes. */
export function spawnBytes([command, ...args]: readonly string[]): IPty {
  return spawn(command!, args, { name: 'xterm-256color', cols: 80, rows: 24, encoding: null });
}

/** With `encoding: null` data events carry buffers, which the declared type does not say. */
export function onChunk(pty: IPty, listener: (chunk: Uint8Array) => void): void {
  pty.onData((data) => listener(data as unknown as Buffer));
}
