import { type Duel, duel } from '../contest/duel.ts';
import { heldRows } from '../contest/held.ts';
import { roundsOfThisRun } from '../stage.ts';
import type { BenchRow, BenchSuite } from '../suite.ts';
import { onWorkbench } from '../workbench.ts';

const FIELD = 'meters';
const ROUNDS = 15;
const SERIES = 10_000;
/** What recording through a kept handle may cost. */
const RECORD_NS = 5;

const COUNT_RIVALS = [
  { library: 'prom-client', work: 'count' },
  { library: 'prom-client', work: 'count, bound', as: 'prom-client, bound' },
  { library: 'opentelemetry', work: 'count' },
] as const;
const OBSERVE_RIVALS = [
  { library: 'prom-client', work: 'observe' },
  { library: 'prom-client', work: 'observe, bound', as: 'prom-client, bound' },
  { library: 'opentelemetry', work: 'observe' },
] as const;

const DUELS: readonly Duel[] = [
  { name: 'counter, add', work: 'count', rivals: COUNT_RIVALS, bound: { most: RECORD_NS } },
  { name: 'counter, add, through a fan-out to 2', work: 'count, fan-out to 2', rivals: COUNT_RIVALS.slice(0, 1) },
  {
    name: 'counter, add, through alerts that read the memory',
    work: 'count, alerts in memory',
    rivals: COUNT_RIVALS.slice(0, 1),
  },
  {
    name: 'counter, add, through alerts that record it again',
    work: 'count, alerts beside',
    rivals: COUNT_RIVALS.slice(0, 1),
  },
  { name: 'histogram, record, 10 buckets', work: 'observe', rivals: OBSERVE_RIVALS },
  {
    name: 'histogram, record, through a fan-out to 2',
    work: 'observe, fan-out to 2',
    rivals: OBSERVE_RIVALS.slice(0, 1),
  },
  { name: 'scrape of 10k series', work: 'scrape', rivals: [{ library: 'prom-client' }], unit: 'ms' },
  { name: 'alert tick, 1k rules', work: 'alert tick', rivals: [], unit: 'µs' },
];

/** Sinks against prom-client and the SDK of OpenTelemetry: processor time of recording and reading, and memory of a series. */
export const suite: BenchSuite = {
  name: 'metrics',
  run: () =>
    onWorkbench(async (bench) => {
      const rounds = roundsOfThisRun(ROUNDS);
      const rows: BenchRow[] = [];
      for (const one of DUELS) rows.push(...(await duel(bench, FIELD, one, rounds)));
      rows.push(
        ...(await heldRows(bench, FIELD, {
          name: 'memory of a series of a counter, labels included',
          what: 'series',
          rivals: ['prom-client', 'opentelemetry'],
          count: SERIES,
        })),
      );
      return rows;
    }),
};
