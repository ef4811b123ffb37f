import { type Duel, duel } from '../contest/duel.ts';
import { heldRows } from '../contest/held.ts';
import { roundsOfThisRun } from '../stage.ts';
import type { BenchRow, BenchSuite } from '../suite.ts';
import { onWorkbench } from '../workbench.ts';

const FIELD = 'limiters';
const ROUNDS = 15;
const KEYS = 10_000;
const BYTES_PER_KEY = 300;
const FLEXIBLE = 'rate-limiter-flexible';

const DUELS: readonly Duel[] = [
  {
    name: 'limiter, take, 1 key',
    work: 'take, 1 key',
    rivals: [
      { library: FLEXIBLE, most: 0.35 },
      { library: 'limiter', work: 'take, no key', as: 'limiter, no key' },
    ],
  },
  { name: 'limiter, take, 10k keys', work: 'take, 10k keys', rivals: [{ library: FLEXIBLE, most: 0.25 }] },
  {
    name: 'limiter, refused',
    work: 'refused',
    rivals: [
      { library: FLEXIBLE, most: 0.07 },
      { library: 'limiter', as: 'limiter, no key' },
    ],
  },
  { name: 'limiter, take and refund', work: 'take and refund', rivals: [{ library: FLEXIBLE }] },
  { name: 'token bucket, take', work: 'bucket', rivals: [{ library: 'limiter' }] },
];

/** Limiters against those of rate-limiter-flexible and limiter: processor time of a take, and memory of a key. */
export const suite: BenchSuite = {
  name: 'limiter',
  run: () =>
    onWorkbench(async (bench) => {
      const rounds = roundsOfThisRun(ROUNDS);
      const rows: BenchRow[] = [];
      for (const one of DUELS) rows.push(...(await duel(bench, FIELD, one, rounds)));
      rows.push(
        ...(await heldRows(bench, FIELD, {
          name: 'memory of a key, key included',
          what: 'keys',
          rivals: [FLEXIBLE],
          count: KEYS,
          most: BYTES_PER_KEY,
        })),
      );
      return rows;
    }),
};
