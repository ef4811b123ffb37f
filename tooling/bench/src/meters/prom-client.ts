import { Counter, Histogram, Registry } from 'prom-client';
import { keysOf } from '../contest/keys.ts';
import type { Entry } from '../contest/work.ts';
import { BUCKETS, DURATIONS, LABEL_SETS, MANY } from './samples.ts';

const LABEL_NAMES = ['direction', 'kind'] as const;

/** prom-client, as its readme uses it, in a registry of its own. */
export const entry: Entry = {
  works: {
    count: () => {
      const counter = ioCounter();
      return async (times) => {
        const before = await total(counter);
        for (let time = 0; time < times; time++) counter.inc(LABEL_SETS[time & 7]!, 64);
        return ((await total(counter)) - before) / 64;
      };
    },

    /** Through children that were looked up once. */
    'count, bound': () => {
      const counter = ioCounter();
      const children = LABEL_SETS.map((labels) => counter.labels(labels));
      return async (times) => {
        const before = await total(counter);
        for (let time = 0; time < times; time++) children[time & 7]!.inc(64);
        return ((await total(counter)) - before) / 64;
      };
    },

    observe: () => {
      const histogram = durations();
      return async (times) => {
        const before = await counted(histogram);
        for (let time = 0; time < times; time++) histogram.observe(LABEL_SETS[time & 7]!, DURATIONS[time & 63]!);
        return (await counted(histogram)) - before;
      };
    },

    'observe, bound': () => {
      const histogram = durations();
      const children = LABEL_SETS.map((labels) => histogram.labels(labels));
      return async (times) => {
        const before = await counted(histogram);
        for (let time = 0; time < times; time++) children[time & 7]!.observe(DURATIONS[time & 63]!);
        return (await counted(histogram)) - before;
      };
    },

    scrape: () => {
      const registry = manySeries(MANY.metrics, MANY.series);
      return async (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          if ((await registry.metrics()).length > MANY.bytes) done++;
        }
        return done;
      };
    },
  },
  holdings: {
    series: (count) => manySeries(1, count),
  },
};

function ioCounter(): Counter<'direction' | 'kind'> {
  return new Counter({ name: 'io_total', help: 'Bytes.', labelNames: LABEL_NAMES, registers: [new Registry()] });
}

function durations(): Histogram<'direction' | 'kind'> {
  return new Histogram({
    name: 'duration_seconds',
    help: 'Durations.',
    labelNames: LABEL_NAMES,
    buckets: [...BUCKETS],
    registers: [new Registry()],
  });
}

async function total(counter: Counter<'direction' | 'kind'>): Promise<number> {
  return (await counter.get()).values.reduce((sum, { value }) => sum + value, 0);
}

async function counted(histogram: Histogram<'direction' | 'kind'>): Promise<number> {
  const { values } = await histogram.get();
  return values.reduce((sum, { metricName, value }) => sum + (metricName?.endsWith('_count') ? value : 0), 0);
}

function manySeries(metrics: number, series: number): Registry {
  const registry = new Registry();
  for (let metric = 0; metric < metrics; metric++) {
    const counter = new Counter({
      name: `bench_many_${metric}_bytes_total`,
      help: 'Bytes.',
      labelNames: LABEL_NAMES,
      registers: [registry],
    });
    for (const [at, kind] of keysOf(series).entries()) counter.inc({ direction: 'in', kind }, at);
  }
  return registry;
}
