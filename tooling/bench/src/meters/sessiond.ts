import {
  fanOut,
  type Histogram,
  type HistogramReading,
  MemorySink,
  type MetricSink,
  ThresholdAlertSink,
} from '@sessiond/metrics-sinks';
import { PrometheusSink } from '@sessiond/metrics-sinks/prometheus';
import { keysOf } from '../contest/keys.ts';
import type { Entry, Work } from '../contest/work.ts';
import { BUCKETS, DURATIONS, LABEL_SETS, MANY } from './samples.ts';

const IO = {
  kind: 'counter',
  name: 'bench.io',
  unit: 'By',
  help: 'Bytes.',
  labelNames: ['direction', 'kind'],
} as const;
const DURATION = {
  kind: 'histogram',
  name: 'bench.duration',
  unit: 's',
  help: 'Durations.',
  labelNames: ['direction', 'kind'],
  buckets: BUCKETS,
} as const;
/** One rule about the metric that is recorded, so that the alert sink has to care for it. */
const RULE = { name: 'io', metric: IO.name, reduce: 'rate', levels: { warn: 1e12 } } as const;
const RULES = 1_000;

/** The sinks of the built `@sessiond/metrics-sinks`. */
export const entry: Entry = {
  works: {
    count: () => {
      const memory = new MemorySink();
      return counting(memory, memory);
    },

    'count, fan-out to 2': () => {
      const memory = new MemorySink();
      return counting(fanOut([memory, new MemorySink()]), memory);
    },

    'count, alerts in memory': () => {
      const memory = new MemorySink();
      return counting(new ThresholdAlertSink({ sink: memory, rules: [RULE] }), memory);
    },

    /** Over a sink that cannot be read, so that what rules name is recorded twice. */
    'count, alerts beside': () => {
      const memory = new MemorySink();
      return counting(new ThresholdAlertSink({ sink: fanOut([memory]), rules: [RULE] }), memory);
    },

    observe: () => {
      const memory = new MemorySink();
      return observing(memory, memory);
    },

    'observe, fan-out to 2': () => {
      const memory = new MemorySink();
      return observing(fanOut([memory, new MemorySink()]), memory);
    },

    scrape: () => {
      const sink = new PrometheusSink({ maxLabelSets: MANY.series });
      manySeries(sink, MANY.metrics, MANY.series);
      return async (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          if ((await sink.expose()).length > MANY.bytes) done++;
        }
        return done;
      };
    },

    /** A thousand rules about as many gauges, of which each moves before every tick. */
    'alert tick': () => {
      const memory = new MemorySink();
      const names = Array.from({ length: RULES }, (_, index) => `bench.level.n${index}`);
      const rules = names.map((metric) => ({
        name: metric,
        metric,
        levels: { warn: 10 },
        clearBelow: 5,
        forMs: 5_000,
      }));
      let now = 0;
      const sink = new ThresholdAlertSink({ sink: memory, rules, now: () => now });
      const gauges = names.map((name) => sink.gauge({ kind: 'gauge', name, unit: '1', help: 'A level.' }).handle({}));
      return (times) => {
        for (let time = 0; time < times; time++) {
          now += 1_000;
          for (const [index, gauge] of gauges.entries()) gauge.set((index + now / 1_000) % 12);
          sink.tick();
        }
        return sink.snapshot().tickedAt === now ? times : 0;
      };
    },
  },
  holdings: {
    series: (count) => {
      const memory = new MemorySink({ maxLabelSets: count });
      manySeries(memory, 1, count);
      return memory;
    },
  },
};

function counting(sink: MetricSink, memory: MemorySink): Work {
  const counters = LABEL_SETS.map((labels) => sink.counter(IO).handle(labels));
  const kept = LABEL_SETS.map((labels) => memory.counter(IO).handle(labels));
  const total = (): number => kept.reduce((sum, { value }) => sum + value, 0);
  return (times) => {
    const before = total();
    for (let time = 0; time < times; time++) counters[time & 7]!.add(64);
    return (total() - before) / 64;
  };
}

function observing(sink: MetricSink, memory: MemorySink): Work {
  const histograms: Histogram[] = LABEL_SETS.map((labels) => sink.histogram(DURATION).handle(labels));
  const kept: HistogramReading[] = LABEL_SETS.map((labels) => memory.histogram(DURATION).handle(labels));
  const total = (): number => kept.reduce((sum, { count }) => sum + count, 0);
  return (times) => {
    const before = total();
    for (let time = 0; time < times; time++) histograms[time & 7]!.record(DURATIONS[time & 63]!);
    return total() - before;
  };
}

function manySeries(sink: MetricSink, metrics: number, series: number): void {
  for (let metric = 0; metric < metrics; metric++) {
    const family = sink.counter({ ...IO, name: `bench.many.n${metric}` });
    for (const [at, kind] of keysOf(series).entries()) family.handle({ direction: 'in', kind }).add(at);
  }
}
