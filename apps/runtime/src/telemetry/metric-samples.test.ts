import { MemorySink } from '@sessiond/metrics-sinks';
import { expect, it } from 'vitest';
import { metricSamples } from './metric-samples.ts';

it('says every kind of metric as the protocol has it', () => {
  const memory = new MemorySink();
  const row = { unit: 's', help: 'A.', labelNames: ['l'] } as const;
  memory
    .counter({ kind: 'counter', name: 'a', ...row })
    .handle({ l: 'x' })
    .add(3);
  memory
    .upDownCounter({ kind: 'upDownCounter', name: 'b', ...row })
    .handle({ l: 'x' })
    .add(-2);
  memory
    .gauge({ kind: 'gauge', name: 'c', ...row })
    .handle({ l: 'x' })
    .set(0.5);
  const histogram = memory.histogram({ kind: 'histogram', name: 'd', ...row, buckets: [1] }).handle({ l: 'x' });
  histogram.record(0.5);
  histogram.record(2);
  const labels = { l: 'x' };
  expect(metricSamples(memory.snapshot())).toEqual([
    { name: 'a', kind: 'counter', unit: 's', labels, value: 3 },
    { name: 'b', kind: 'gauge', unit: 's', labels, value: -2 },
    { name: 'c', kind: 'gauge', unit: 's', labels, value: 0.5 },
    { name: 'd', kind: 'histogram', unit: 's', labels, value: 2.5, count: 2 },
  ]);
});
