import { expect, it } from 'vitest';
import { MemorySink } from './memory.ts';
import type { CounterDescriptor, GaugeDescriptor, HistogramDescriptor } from './metric.ts';

const SENT: CounterDescriptor<'direction'> = {
  kind: 'counter',
  name: 'pty.io',
  unit: 'By',
  help: 'Bytes moved.',
  labelNames: ['direction'],
};
const USAGE: GaugeDescriptor = { kind: 'gauge', name: 'ring.usage', unit: 'By', help: 'Bytes kept.' };
const WAIT: HistogramDescriptor = { kind: 'histogram', name: 'wait', unit: 's', help: 'Waits.', buckets: [0.5, 1] };

it('copies every number into plain JSON', () => {
  const memory = new MemorySink();
  const sent = memory.counter(SENT).handle({ direction: 'out' });
  sent.add(3);
  memory.gauge(USAGE).handle({}).set(7);
  memory.histogram(WAIT).handle({}).record(0.75);
  const snapshot = memory.snapshot();
  sent.add(100);
  expect(snapshot).toEqual([
    {
      name: 'pty.io',
      kind: 'counter',
      unit: 'By',
      help: 'Bytes moved.',
      series: [{ labels: { direction: 'out' }, value: 3 }],
      invalid: 0,
      overflowed: 0,
    },
    {
      name: 'ring.usage',
      kind: 'gauge',
      unit: 'By',
      help: 'Bytes kept.',
      series: [{ labels: {}, value: 7 }],
      invalid: 0,
      overflowed: 0,
    },
    {
      name: 'wait',
      kind: 'histogram',
      unit: 's',
      help: 'Waits.',
      buckets: [0.5, 1],
      series: [{ labels: {}, counts: [0, 1, 0], count: 1, sum: 0.75 }],
      invalid: 0,
      overflowed: 0,
    },
  ]);
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
});

it('reads one metric without copying it: the reading follows the numbers', () => {
  const memory = new MemorySink();
  const wait = memory.histogram(WAIT).handle({});
  const sent = memory.counter(SENT).handle({ direction: 'out' });
  const reading = memory.read('pty.io');
  const waited = memory.read('wait');
  sent.add(3);
  wait.record(2);
  expect(reading).toMatchObject({ kind: 'counter', series: [{ labels: { direction: 'out' }, value: 3 }] });
  expect(reading?.series[0]).toBe(sent);
  expect(waited).toMatchObject({ kind: 'histogram', series: [{ count: 1, sum: 2 }] });
  expect(memory.read('unknown')).toBeUndefined();
});

it('lets a handle be read: a test needs no snapshot', () => {
  const memory = new MemorySink();
  const sent = memory.counter(SENT).handle({ direction: 'out' });
  const wait = memory.histogram(WAIT).handle({});
  sent.add();
  wait.record(0.25);
  expect([sent.value, wait.count, wait.sum, [...Array.from(wait.counts)]]).toEqual([1, 1, 0.25, [1, 0, 0]]);
});

it('shows counters as soon as somebody has the handle, gauges once they were set', () => {
  const memory = new MemorySink();
  memory.counter(SENT).handle({ direction: 'out' });
  const usage = memory.gauge(USAGE).handle({});
  expect(memory.read('pty.io')?.series).toHaveLength(1);
  expect([usage.value, memory.read('ring.usage')?.series]).toEqual([Number.NaN, []]);
  usage.set(0);
  expect(memory.read('ring.usage')?.series).toHaveLength(1);
});

it('runs collectors for a snapshot, and for a reading when it is told to', () => {
  const memory = new MemorySink();
  const usage = memory.gauge(USAGE).handle({});
  let now = 0;
  memory.onCollect(() => usage.set(++now));
  expect(memory.snapshot()[0]?.series).toMatchObject([{ value: 1 }]);
  expect(memory.read('ring.usage')?.series).toMatchObject([{ value: 1 }]);
  memory.collect();
  expect(memory.read('ring.usage')?.series).toMatchObject([{ value: 2 }]);
});

it('[M04] counts what it could not do as it was told', () => {
  const memory = new MemorySink({ maxLabelSets: 1 });
  const sent = memory.counter(SENT);
  sent.handle({ direction: 'in' }).add(-1);
  sent.handle({ direction: 'out' }).add(Number.NaN);
  sent.handle({ direction: 'up' });
  memory.histogram(WAIT).handle({}).record(Number.POSITIVE_INFINITY);
  memory.onCollect(() => {
    throw new Error('broken');
  });
  const [metric] = memory.snapshot();
  expect(metric).toMatchObject({ invalid: 2, overflowed: 2 });
  expect(memory.troubles()).toEqual({ invalid: 3, overflowed: 2, collectorFailures: 1 });
});

it('keeps sums finite: what would take them beyond the largest number is left out', () => {
  const memory = new MemorySink();
  const sent = memory.counter(SENT).handle({ direction: 'out' });
  const wait = memory.histogram(WAIT).handle({});
  sent.add(Number.MAX_VALUE);
  sent.add(Number.MAX_VALUE);
  wait.record(Number.MAX_VALUE);
  wait.record(Number.MAX_VALUE);
  expect([sent.value, wait.sum, wait.count]).toEqual([Number.MAX_VALUE, Number.MAX_VALUE, 1]);
  expect(memory.troubles().invalid).toBe(2);
});

it('cannot have a label budget that is not a count', () => {
  expect(() => new MemorySink({ maxLabelSets: -1 })).toThrow(
    'Cannot create sink: maxLabelSets is -1, allowed are integers of at least 0',
  );
});
