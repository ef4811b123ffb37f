import { OutputCounter } from '../client/terminal.ts';
import { type BuiltPtyCore, importBuilt } from './built-pty-core.ts';
import { HISTORY_BYTES, type LocalTerminal, type TerminalLibrary } from './terminal-library.ts';

/** Ours, as built. `prepare` runs before the first manager exists. */
export async function loadPtyCore(prepare?: () => Promise<void>): Promise<TerminalLibrary> {
  const { PtyManager, childEnvironment } = await importBuilt<BuiltPtyCore>('index.js');
  await prepare?.();
  const manager = new PtyManager();
  const env = childEnvironment(process.env);
  return {
    open([command, ...args], onBytes): LocalTerminal {
      const output = new OutputCounter();
      const pty = manager.spawn({ command: command!, args, env, bufferBytes: HISTORY_BYTES });
      if (pty.state !== 'active') throw new Error(`Cannot use pty-core: a spawned terminal is ${pty.state}`);
      const reader = pty.output.openReader('start', () => {
        for (let chunk = reader.next(); chunk !== undefined; chunk = reader.next()) {
          if (chunk.kind === 'end') output.end();
          if (chunk.kind !== 'bytes') continue;
          reader.acknowledge(chunk.offset + chunk.bytes.length);
          onBytes?.(chunk.bytes);
          output.add(chunk.bytes.length);
        }
      });
      return {
        get receivedBytes() {
          return output.receivedBytes;
        },
        ended: output.ended,
        reach: (bytes) => output.reach(bytes),
        write: (text) => pty.write(Buffer.from(text)),
        close: async () => {
          await pty.terminate({ gracePeriodMs: 0 });
        },
      };
    },
  };
}

/**
 * Takes away what the flood scheduler does for typing: input holds nobody back, and turns stay long.
 *
 * The scheduler hears of input through one method and through nothing else, so an empty one is all it takes.
 */
export async function withoutHolds(): Promise<void> {
  const { FloodScheduler } = await importBuilt<{ FloodScheduler: { prototype: { inputSent(): void } } }>(
    'flood-scheduler.js',
  );
  FloodScheduler.prototype.inputSent = () => {};
}
