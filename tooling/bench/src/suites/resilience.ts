import { type Duel, duel, OURS } from '../contest/duel.ts';
import { heldRows } from '../contest/held.ts';
import { idleness } from '../contest/idle.ts';
import { bounded } from '../rows.ts';
import { progress, roundsOfThisRun } from '../stage.ts';
import type { BenchRow, BenchSuite } from '../suite.ts';
import { onWorkbench, type Workbench } from '../workbench.ts';

const FIELD = 'guards';
const ROUNDS = 15;
const BREAKERS = 10_000;
const BYTES_PER_BREAKER = 1_200;
/** A process that only waits looks at its clock now and then. */
const IDLE_PERCENT = 0.2;
/** What may differ between a window with many calls and one with few, beside the cost of counting. */
const SAME = 1.2;

const DUELS: readonly Duel[] = [
  {
    name: 'breaker, execute a success, slow calls timed',
    work: 'execute',
    rivals: [
      { library: 'cockatiel', most: 1.15 },
      { library: 'opossum', most: 0.5 },
      { library: 'opossum', work: 'execute, defaults', as: 'opossum with its timeout' },
      { library: 'no guard', work: 'call', as: 'bare await' },
    ],
  },
  {
    name: 'breaker, permit and settle a success, slow calls timed',
    work: 'permit and settle',
    rivals: [{ library: 'cockatiel', work: 'execute' }],
  },
  {
    name: 'breaker, execute a success with a hook for metrics',
    work: 'execute, observed',
    rivals: [{ library: 'cockatiel', most: 0.75 }],
  },
  {
    name: 'breaker, refusal while open',
    work: 'refused',
    rivals: [{ library: 'cockatiel', most: 0.02 }, { library: 'opossum' }],
  },
  {
    name: 'breaker, refusal while open, thrown by execute',
    work: 'refused, thrown',
    rivals: [{ library: 'cockatiel', work: 'refused' }],
  },
  {
    name: 'breakers, one of 10k keys and a global one',
    work: 'keyed and global',
    rivals: [{ library: 'cockatiel', most: 0.55 }],
  },
  {
    name: 'bulkhead, free slot',
    work: 'bulkhead',
    rivals: [
      { library: 'cockatiel', most: 1.1 },
      { library: 'p-limit', most: 0.35 },
    ],
  },
  {
    name: 'deadline, not hit',
    work: 'deadline',
    rivals: [
      { library: 'cockatiel', most: 0.1 },
      { library: 'no guard', work: 'call beside a timer', as: 'bare timer' },
    ],
  },
  {
    name: 'guard: bulkhead, breaker, deadline',
    work: 'guard',
    rivals: [{ library: 'cockatiel', as: 'cockatiel wrap', most: 0.15 }],
  },
  {
    name: 'guard: limiter, bulkhead, breaker, deadline',
    work: 'guard with limiter',
    rivals: [{ library: 'cockatiel', as: 'rate-limiter-flexible and cockatiel wrap', most: 0.15 }],
  },
  {
    name: '[R10] breaker, failing call with 100k calls in the window',
    work: 'fail, many in window',
    rivals: [
      { library: OURS, work: 'fail, few in window', as: 'ours, few calls', most: SAME },
      { library: 'cockatiel' },
      { library: 'opossum' },
      { library: 'opossum', work: 'fail, few in window', as: 'opossum, few calls' },
    ],
  },
];

/** Guards against those of cockatiel, opossum and p-limit: processor time of one call, memory, and what idleness costs. */
export const suite: BenchSuite = {
  name: 'resilience',
  run: () =>
    onWorkbench(async (bench) => {
      const rounds = roundsOfThisRun(ROUNDS);
      const rows: BenchRow[] = [];
      for (const one of DUELS) rows.push(...(await duel(bench, FIELD, one, rounds)));
      rows.push(
        ...(await heldRows(bench, FIELD, {
          name: 'memory of a breaker that judges failures and slow calls',
          what: 'breakers',
          rivals: ['cockatiel', 'opossum'],
          count: BREAKERS,
          most: BYTES_PER_BREAKER,
        })),
        ...(await heldRows(bench, FIELD, {
          name: 'memory of a breaker with default options',
          what: 'default breakers',
          rivals: [],
          count: BREAKERS,
          most: BYTES_PER_BREAKER,
        })),
        ...(await heldRows(bench, FIELD, {
          name: 'memory of a key with a breaker, key included',
          what: 'keyed breakers',
          rivals: [],
          count: BREAKERS,
        })),
        ...(await idleRows(bench)),
      );
      return rows;
    }),
};

/** Ten thousand breakers that nobody uses. */
async function idleRows(bench: Workbench): Promise<readonly BenchRow[]> {
  const look = (library: string) => {
    progress(`idleness of ${library}`);
    return idleness(bench, { field: FIELD, library, what: 'breakers', count: BREAKERS });
  };
  const ours = await look(OURS);
  const timers = bounded('[R11] timers of 10k idle breakers', 'timers', ours.timers, { most: 0 });
  const cpu = bounded('[R11] CPU of 10k idle breakers', '% of a core', ours.cpuPercent, { most: IDLE_PERCENT });
  const rows = [timers, cpu];
  for (const rivalName of ['cockatiel', 'opossum']) {
    const theirs = await look(rivalName);
    const informs = { rivalName, target: null, ok: null };
    rows.push({ ...timers, ...informs, rival: theirs.timers });
    rows.push({ ...cpu, ...informs, rival: Number(theirs.cpuPercent.toPrecision(4)) });
  }
  return rows;
}
