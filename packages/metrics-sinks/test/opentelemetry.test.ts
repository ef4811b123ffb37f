import { createNoopMeter, type Meter } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { afterEach, expect, it } from 'vitest';
import { MemorySink } from '../src/index.ts';
import { OpenTelemetrySink } from '../src/opentelemetry.ts';
import { CALLS, INFLIGHT, numbersOf, USE, WAIT } from './contract.ts';
import { ReaderOnDemand, readOpenTelemetry } from './read-opentelemetry.ts';
import { samplesOf } from './read-prometheus.ts';

const reader = { current: new ReaderOnDemand() };
const providers: MeterProvider[] = [];
afterEach(async () => {
  for (const provider of providers.splice(0)) await provider.shutdown();
});

function newMeter(): Meter {
  reader.current = new ReaderOnDemand();
  const provider = new MeterProvider({ readers: [reader.current] });
  providers.push(provider);
  return provider.getMeter('test');
}

function recordSome(sink: OpenTelemetrySink): void {
  sink.counter(CALLS).handle({ code: '1', verb: 'get' }).add(1.5);
  sink.upDownCounter(INFLIGHT).handle({}).add(-2);
  sink.gauge(USE).handle({ part: 'ring' }).set(4096);
  const wait = sink.histogram(WAIT).handle({ queue: 'a' });
  for (const value of [0.0625, 0.5, 0.5, 8]) wait.record(value);
}

const NUMBERS = {
  'contract.calls{code="1",verb="get"}': 1.5,
  'contract.inflight{}': -2,
  'contract.use{part="ring"}': 4096,
  'contract.wait{queue="a"}': { counts: [0, 1, 2, 1], sum: 9.0625 },
};

it('[M03] tells a real SDK the numbers, names, units and buckets as they are', async () => {
  recordSome(new OpenTelemetrySink({ meter: newMeter() }));
  const { resourceMetrics, errors } = await reader.current.collect();
  expect(errors).toEqual([]);
  expect(readOpenTelemetry(resourceMetrics)).toEqual(NUMBERS);
  const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  expect(metrics.map(({ descriptor }) => [descriptor.name, descriptor.unit, descriptor.description]).sort()).toEqual(
    [CALLS, INFLIGHT, USE, WAIT].map(({ name, unit, help }) => [name, unit, help]),
  );
  const wait = metrics.find(({ descriptor }) => descriptor.name === WAIT.name);
  expect(wait?.dataPoints[0]?.value).toMatchObject({ buckets: { boundaries: WAIT.buckets }, count: 4 });
  expect(metrics.find(({ descriptor }) => descriptor.name === CALLS.name)).toMatchObject({ isMonotonic: true });
  expect(metrics.find(({ descriptor }) => descriptor.name === INFLIGHT.name)).toMatchObject({ isMonotonic: false });
});

it("[M03] comes out the same through OpenTelemetry's own exporter for Prometheus", async () => {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const provider = new MeterProvider({ readers: [exporter] });
  providers.push(provider);
  recordSome(new OpenTelemetrySink({ meter: provider.getMeter('test') }));
  const { resourceMetrics } = await exporter.collect();
  const samples = samplesOf(
    new PrometheusSerializer(undefined, false, undefined, true, true).serialize(resourceMetrics),
  );
  expect(samples).toEqual([
    { name: 'contract_calls_total', labels: { code: '1', verb: 'get' }, value: 1.5 },
    { name: 'contract_inflight', labels: {}, value: -2 },
    { name: 'contract_use', labels: { part: 'ring' }, value: 4096 },
    { name: 'contract_wait_count', labels: { queue: 'a' }, value: 4 },
    { name: 'contract_wait_sum', labels: { queue: 'a' }, value: 9.0625 },
    { name: 'contract_wait_bucket', labels: { queue: 'a', le: '0.01' }, value: 0 },
    { name: 'contract_wait_bucket', labels: { queue: 'a', le: '0.1' }, value: 1 },
    { name: 'contract_wait_bucket', labels: { queue: 'a', le: '1' }, value: 3 },
    { name: 'contract_wait_bucket', labels: { queue: 'a', le: '+Inf' }, value: 4 },
  ]);
});

/** A meter that only writes down what it is told. */
function writingMeter(): { meter: Meter; told: string[] } {
  const told: string[] = [];
  const inner = createNoopMeter();
  const meter: Meter = {
    createGauge: inner.createGauge.bind(inner),
    createCounter: inner.createCounter.bind(inner),
    createUpDownCounter: inner.createUpDownCounter.bind(inner),
    createHistogram: () => ({ record: (value) => void told.push(`record ${value}`) }),
    createObservableCounter: inner.createObservableCounter.bind(inner),
    createObservableUpDownCounter: inner.createObservableUpDownCounter.bind(inner),
    createObservableGauge: inner.createObservableGauge.bind(inner),
    addBatchObservableCallback: (_, observables) => void told.push(`add ${observables.length}`),
    removeBatchObservableCallback: (_, observables) => void told.push(`remove ${observables.length}`),
  };
  return { meter, told };
}

it('reads everything but histograms in one batch callback, and takes it back once', () => {
  const { meter, told } = writingMeter();
  const sink = new OpenTelemetrySink({ meter });
  for (let time = 0; time < 2; time++) {
    sink.counter(CALLS);
    sink.upDownCounter(INFLIGHT);
    sink.gauge(USE);
    sink.histogram(WAIT);
  }
  expect(told).toEqual(['remove 0', 'add 1', 'remove 1', 'add 2', 'remove 2', 'add 3']);
  expect(sink.snapshot()).toEqual({ observed: 3, histograms: 1, closed: false });
  told.length = 0;
  sink.close();
  sink.close();
  expect(told).toEqual(['remove 3']);
});

it('does not trouble an SDK with values that no histogram can take', () => {
  const { meter, told } = writingMeter();
  const wait = new OpenTelemetrySink({ meter }).histogram(WAIT).handle({ queue: 'a' });
  for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY, 0]) wait.record(value);
  expect(told).toEqual(['record 0']);
});

it('makes no instrument after it was closed, and records into its memory all the same', () => {
  const { meter } = writingMeter();
  const made: string[] = [];
  const memory = new MemorySink();
  const sink = new OpenTelemetrySink({ meter, memory });
  sink.close();
  Object.assign(meter, {
    createHistogram: () => made.push('histogram'),
    createObservableCounter: () => made.push('counter'),
  });
  recordSome(sink);
  expect(made).toEqual([]);
  expect(numbersOf(memory.snapshot())).toEqual(NUMBERS);
  expect(sink.snapshot()).toEqual({ observed: 0, histograms: 0, closed: true });
});

it('records into the memory it shares, histograms too, so that others can read it', async () => {
  const memory = new MemorySink();
  const sink = new OpenTelemetrySink({ meter: newMeter(), memory });
  recordSome(sink);
  expect(numbersOf(memory.snapshot())).toEqual(NUMBERS);
  expect(sink.counter(CALLS).handle({ code: '1', verb: 'get' })).toBe(
    memory.counter(CALLS).handle({ code: '1', verb: 'get' }),
  );
});

it('gives the same handle of a histogram for the same labels', () => {
  const wait = new OpenTelemetrySink({ meter: newMeter() }).histogram(WAIT);
  expect(wait.handle({ queue: 'a' })).toBe(wait.handle({ queue: 'a' }));
  expect(wait.handle({ queue: 'a' })).not.toBe(wait.handle({ queue: 'b' }));
});

it('lets go of the meter when it is closed, once, and records into its memory only', async () => {
  const memory = new MemorySink();
  const sink = new OpenTelemetrySink({ meter: newMeter(), memory });
  recordSome(sink);
  await reader.current.collect();
  sink.close();
  sink.close();
  recordSome(sink);
  const later = readOpenTelemetry((await reader.current.collect()).resourceMetrics);
  // What the SDK was told before it keeps by itself.
  expect(later['contract.wait{queue="a"}']).toEqual(NUMBERS['contract.wait{queue="a"}']);
  expect(later['contract.calls{code="1",verb="get"}'] ?? 1.5).toBe(1.5);
  expect(numbersOf(memory.snapshot())).toMatchObject({ 'contract.calls{code="1",verb="get"}': 3 });
  expect(() =>
    sink
      .gauge({ ...USE, name: 'later' })
      .handle({ part: 'x' })
      .set(1),
  ).not.toThrow();
  expect(sink.snapshot()).toEqual({ observed: 3, histograms: 1, closed: true });
});
