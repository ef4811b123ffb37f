import { expect, it } from 'vitest';
import { fanOut } from './fan-out.ts';
import { MemorySink } from './memory.ts';
import type { CounterDescriptor, GaugeDescriptor, HistogramDescriptor, UpDownCounterDescriptor } from './metric.ts';
import type { MetricSink } from './sink.ts';

const CALLS: CounterDescriptor<'code'> = {
  kind: 'counter',
  name: 'calls',
  unit: '{call}',
  help: 'Calls.',
  labelNames: ['code'],
};
const INFLIGHT: UpDownCounterDescriptor = { kind: 'upDownCounter', name: 'inflight', unit: '{call}', help: 'Calls.' };
const USAGE: GaugeDescriptor = { kind: 'gauge', name: 'usage', unit: 'By', help: 'Bytes.' };
const WAIT: HistogramDescriptor = { kind: 'histogram', name: 'wait', unit: 's', help: 'Waits.', buckets: [1] };

const broken = (): never => {
  throw new Error('broken');
};
/** Breaks the contract wherever it can. */
const hostile: MetricSink = {
  counter: () => ({ handle: () => ({ add: broken, raiseTo: broken }) }),
  upDownCounter: () => ({ handle: () => ({ add: broken }) }),
  gauge: () => ({ handle: broken }),
  histogram: broken,
  onCollect: broken,
};

function recordAll(sink: MetricSink): void {
  const calls = sink.counter(CALLS).handle({ code: '1' });
  calls.add(2);
  calls.raiseTo(5);
  sink.upDownCounter(INFLIGHT).handle({}).add(-1);
  sink.gauge(USAGE).handle({}).set(3);
  sink.histogram(WAIT).handle({}).record(0.5);
}

it('records into every sink what one alone would have', () => {
  const alone = new MemorySink();
  const sinks = [new MemorySink(), new MemorySink(), new MemorySink()];
  recordAll(alone);
  const sink = fanOut(sinks);
  recordAll(sink);
  for (const memory of sinks) expect(memory.snapshot()).toEqual(alone.snapshot());
  expect(sink.snapshot()).toEqual({ failures: [0, 0, 0] });
});

it('counts what a sink throws, and neither the caller nor the other sinks notice', () => {
  const alone = new MemorySink();
  const [before, after] = [new MemorySink(), new MemorySink()];
  recordAll(alone);
  const sink = fanOut([before, hostile, after]);
  const stop = sink.onCollect(() => {});
  recordAll(sink);
  stop();
  expect(before.snapshot()).toEqual(alone.snapshot());
  expect(after.snapshot()).toEqual(alone.snapshot());
  // add, raiseTo, add, handle, histogram, onCollect
  expect(sink.snapshot()).toEqual({ failures: [0, 6, 0] });
});

it('tells of a conflict that only one of the sinks has', () => {
  const memory = new MemorySink();
  memory.gauge({ ...USAGE, name: 'calls' });
  expect(() => fanOut([new MemorySink(), memory]).counter(CALLS)).toThrow(
    expect.objectContaining({ code: 'METRIC_CONFLICT', metric: 'calls' }),
  );
});

it('asks collectors for each sink that is read, until they are taken out', () => {
  const [one, two] = [new MemorySink(), new MemorySink()];
  const sink = fanOut([one, two]);
  const usage = sink.gauge(USAGE).handle({});
  let now = 0;
  const stop = sink.onCollect(() => usage.set(++now));
  one.snapshot();
  two.snapshot();
  stop();
  one.snapshot();
  expect([one.read('usage')?.series, two.read('usage')?.series]).toMatchObject([[{ value: 2 }], [{ value: 2 }]]);
});

it('takes numbers that nobody wants', () => {
  expect(() => recordAll(fanOut([]))).not.toThrow();
});
