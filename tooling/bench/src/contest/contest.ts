import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pairedRounds, type Round } from '../rounds.ts';
import { progress } from '../stage.ts';
import type { Workbench } from '../workbench.ts';
import type { FieldName, Order } from './fields.ts';

/** Who does what against whom. */
export interface Contest {
  readonly field: FieldName;
  /** Library and name of its work, by the name under which the samples are kept. */
  readonly contestants: Readonly<Record<string, readonly [library: string, work: string]>>;
  readonly rounds: number;
}

/** How often everybody begins anew. */
const HEATS = 3;

/**
 * Lets every contestant work once per round, each in a process of its own; a sample is nanoseconds of processor time per
 * operation.
 *
 * A process each, because in one process they would share feedback of the engine and a heap: code that one contestant
 * warmed with its own shapes is slower for the next, and garbage is collected in somebody else's turn. Only one works at
 * a time. The engine may compile the same code well in one process and less well in the next, so the rounds are spread
 * over three sets of processes.
 */
export async function contest(
  bench: Workbench,
  { field, contestants, rounds }: Contest,
): Promise<readonly Round<number>[]> {
  progress(Object.keys(contestants).join(', '));
  const all: Round<number>[] = [];
  for (let heat = 0; heat < HEATS && all.length < rounds; heat++) {
    const share = Math.ceil((rounds - all.length) / (HEATS - heat));
    all.push(...(await heatOf(bench, { field, contestants, rounds: share })));
  }
  return all;
}

async function heatOf(bench: Workbench, { field, contestants, rounds }: Contest): Promise<readonly Round<number>[]> {
  const names = Object.keys(contestants);
  const processes = new Map<string, Contestant>();
  try {
    for (const name of names) {
      const [library, what] = contestants[name]!;
      processes.set(name, new Contestant(bench, { field, library, what }));
    }
    // They may warm up beside each other: only turns are measured.
    await Promise.all([...processes.values()].map((process) => process.ready));
    return await pairedRounds(new Map([...processes].map(([name, process]) => [name, () => process.turn()])), {
      rounds,
    });
  } finally {
    await Promise.all([...processes.values()].map((process) => process.end()));
  }
}

/** A contestant's process. */
class Contestant {
  /** It is warm and waits. */
  readonly ready: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  constructor(bench: Workbench, order: Order) {
    this.#child = bench.spawn(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('contest-process.ts', import.meta.url)), JSON.stringify(order)],
      // The loader is found from here.
      { cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
    );
    this.#ended = once(this.#child, 'exit').then(() => {
      throw new Error(`Cannot measure ${order.what} of ${order.library}: its process ended`);
    });
    this.ready = this.#answer();
    // Whoever waits for an answer is told; at the end nobody does.
    this.#ended.catch(() => {});
    this.ready.catch(() => {});
  }

  async turn(): Promise<number> {
    const answer = this.#answer();
    this.#child.send('turn');
    return (await answer) as number;
  }

  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended.catch(() => {});
  }

  async #answer(): Promise<unknown> {
    const [message] = (await Promise.race([once(this.#child, 'message'), this.#ended])) as [unknown];
    return message;
  }
}
