import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Address, Contender } from '../contenders/contender.ts';
import type { Program } from '../programs.ts';
import type { Workbench } from '../workbench.ts';

/** What a flood process is told to do. */
export interface FloodOrder {
  readonly contender: string;
  readonly address: Address;
  readonly program: Program;
  /** How many terminals flood at once. */
  readonly count: number;
  /** The floods count as running once each has brought this much. */
  readonly warmBytes: number;
}

/** What all floods together have brought, by the clock of the process that consumes them. */
export interface FloodTotal {
  readonly bytes: number;
  readonly atMs: number;
}

/** Terminals that flood at one server, read by a client in another process. */
export interface Floods {
  /** Asks how much has arrived by now. */
  total(): Promise<FloodTotal>;
  /** Ends the terminals and their client. */
  stop(): Promise<void>;
}

/** Starts the floods and waits until all of them flow. */
export async function startFloods(
  bench: Workbench,
  contender: Contender,
  order: Omit<FloodOrder, 'contender'>,
): Promise<Floods> {
  const script = fileURLToPath(new URL('flood-process.ts', import.meta.url));
  const child = bench.spawn(
    process.execPath,
    ['--import', 'tsx', script, JSON.stringify({ contender: contender.name, ...order } satisfies FloodOrder)],
    { cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const exited = once(child, 'exit');
  const told = async (): Promise<FloodTotal> => {
    const gone = exited.then(() => {
      throw new Error(`Cannot flood ${contender.name}: the client process ended`);
    });
    const [total] = (await Promise.race([once(child, 'message'), gone])) as [FloodTotal];
    return total;
  };
  await told();
  return {
    total() {
      child.send('total');
      return told();
    },
    async stop() {
      child.send('stop');
      await exited;
    },
  };
}
