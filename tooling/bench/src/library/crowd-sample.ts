import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { residentMiB } from '../measure/process-usage.ts';
import { percentile } from '../rounds.ts';
import { loadLibrary } from './load-library.ts';
import type { LibraryName, LocalTerminal } from './terminal-library.ts';
import { TimerLag } from './timer-lag.ts';

/** What a crowd process is told to do. */
export interface CrowdOrder {
  readonly library: LibraryName;
  readonly terminals: number;
  /** Output each terminal prints before it answers; more than a library keeps of it fills its memory. */
  readonly outputBytes: number;
}

/** Many terminals at once in one process. */
export interface CrowdSample {
  /** From the first spawn until all run. */
  readonly spawnSeconds: number;
  /** From typing into all of them at once until each has answered. */
  readonly echoSeconds: number;
  /** From asking all to end until no child is left. */
  readonly endSeconds: number;
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  /** Resident memory of this process while all run and have answered. */
  readonly residentMiB: number;
  /** That, less what was resident before the first of them, by terminal. */
  readonly growthPerTerminalKiB: number;
  /** Children of the terminals that are there after the end. */
  readonly leftChildren: number;
}

const LINE = 'here\n';
/** Echoed by the terminal and given back by `cat`, each time with a carriage return. */
const ANSWER_BYTES = 2 * (LINE.length + 1);
const SETTLE_MS = 200;
const END_LIMIT_MS = 10_000;

/** Measures in this process, with nothing else in it. */
export async function crowdSample({ library: name, terminals: count, outputBytes }: CrowdOrder): Promise<CrowdSample> {
  const library = await loadLibrary(name);
  // The TypeScript loader has a child of its own.
  const strangers = children();
  const left = (): number => [...children()].filter((pid) => !strangers.has(pid)).length;
  const script = outputBytes === 0 ? 'exec cat' : `head -c ${outputBytes} /dev/zero; exec cat`;
  const open = (): LocalTerminal => library.open(['sh', '-c', script]);
  const first = open();
  await answered(first, outputBytes);
  await first.close();
  const beforeMiB = residentMiB(process.pid);
  const lag = new TimerLag(() => {});
  const terminals: LocalTerminal[] = [];
  const spawnSeconds = await timed(async () => {
    while (terminals.length < count) {
      terminals.push(open());
      // A start takes a few milliseconds of the event loop; nobody starts hundreds without a breath.
      await sleep(0);
    }
  });
  const echoSeconds = await timed(async () => {
    await Promise.all(terminals.map((terminal) => answered(terminal, outputBytes)));
  });
  await sleep(SETTLE_MS);
  const resident = residentMiB(process.pid);
  const endSeconds = await timed(async () => {
    await Promise.all(terminals.map((terminal) => terminal.close()));
    const limit = performance.now() + END_LIMIT_MS;
    while (left() > 0 && performance.now() < limit) await sleep(5);
  });
  lag.stop();
  return {
    spawnSeconds,
    echoSeconds,
    endSeconds,
    lagP99Ms: percentile(lag.lagsMs, 0.99),
    lagMaxMs: Math.max(...lag.lagsMs),
    residentMiB: resident,
    growthPerTerminalKiB: ((resident - beforeMiB) / count) * 1_024,
    leftChildren: left(),
  };
}

async function answered(terminal: LocalTerminal, outputBytes: number): Promise<void> {
  await terminal.reach(outputBytes);
  terminal.write(LINE);
  await terminal.reach(outputBytes + ANSWER_BYTES);
}

async function timed(act: () => Promise<void>): Promise<number> {
  const beginMs = performance.now();
  await act();
  return (performance.now() - beginMs) / 1_000;
}

/** Processes whose parent is this one, zombies included. */
function children(): Set<string> {
  const lists = readdirSync('/proc/self/task').map((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'latin1'),
  );
  return new Set(lists.flatMap((list) => list.split(' ').filter((pid) => pid !== '')));
}
