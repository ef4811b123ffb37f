import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Workbench } from '../workbench.ts';
import type { AborterReport } from './aborter.ts';
import type { ReaderReport } from './reader.ts';

/** Who does what to which daemon. */
export interface ClientsOrder {
  readonly port: number;
  readonly seed: number;
  /** What runs in the sessions, see `writeSoakProgram`. */
  readonly script: string;
  /** Where the children leave what they wrote, as SHA-256. */
  readonly sumDirectory: string;
  readonly losslessSessions: number;
  readonly lossySessions: number;
  readonly aborters: number;
}

/** What all of them have seen. */
export interface ClientsReport {
  readonly readers: readonly ReaderReport[];
  readonly aborters: readonly AborterReport[];
}

/** The clients at work. */
export interface Clients {
  /** Has all sessions end and waits for the rest of their output. */
  stop(): Promise<ClientsReport>;
}

/** Lets them begin. */
export function startClients(bench: Workbench, order: ClientsOrder): Clients {
  const child = bench.spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('clients-process.ts', import.meta.url)), JSON.stringify(order)],
    // The loader is found from here.
    { cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const exited = once(child, 'exit');
  const gone = exited.then(() => {
    throw new Error('Cannot soak: the process of the clients ended');
  });
  const told = Promise.race([once(child, 'message'), gone]) as Promise<[ClientsReport]>;
  told.catch(() => {});
  gone.catch(() => {});
  return {
    stop: async () => {
      if (child.connected) child.send('stop');
      const [report] = await told;
      await exited;
      return report;
    },
  };
}
