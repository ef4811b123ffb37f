import type { Counter, Histogram } from '@opentelemetry/api';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { keysOf } from '../contest/keys.ts';
import type { Entry } from '../contest/work.ts';
import { BUCKETS, DURATIONS, LABEL_SETS } from './samples.ts';

/** The SDK of OpenTelemetry with a reader that reads when told: without one, it would keep nothing. */
class ManualReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}

  protected override async onForceFlush(): Promise<void> {}
}

/** The API and the SDK of OpenTelemetry. */
export const entry: Entry = {
  works: {
    count: () => {
      const reader = new ManualReader();
      const counter = meter(reader).createCounter('io', { unit: 'By' }) as Counter;
      return async (times) => {
        const before = await total(reader);
        for (let time = 0; time < times; time++) counter.add(64, LABEL_SETS[time & 7]!);
        return ((await total(reader)) - before) / 64;
      };
    },

    observe: () => {
      const reader = new ManualReader();
      const histogram = meter(reader).createHistogram('duration', {
        unit: 's',
        advice: { explicitBucketBoundaries: [...BUCKETS] },
      }) as Histogram;
      return async (times) => {
        const before = await total(reader);
        for (let time = 0; time < times; time++) histogram.record(DURATIONS[time & 63]!, LABEL_SETS[time & 7]!);
        return (await total(reader)) - before;
      };
    },
  },
  holdings: {
    series: (count) => {
      const reader = new ManualReader({ cardinalitySelector: () => count + 1 });
      const counter = meter(reader).createCounter('io', { unit: 'By' });
      for (const [at, kind] of keysOf(count).entries()) counter.add(at, { direction: 'in', kind });
      return [reader, counter];
    },
  },
};

function meter(reader: MetricReader): ReturnType<MeterProvider['getMeter']> {
  return new MeterProvider({ readers: [reader] }).getMeter('bench');
}

/** The sum of a counter over its series, or the number of values of a histogram. */
async function total(reader: MetricReader): Promise<number> {
  const { resourceMetrics } = await reader.collect();
  let sum = 0;
  for (const { metrics } of resourceMetrics.scopeMetrics) {
    for (const { dataPoints } of metrics) {
      for (const { value } of dataPoints) sum += typeof value === 'number' ? value : value.count;
    }
  }
  return sum;
}
