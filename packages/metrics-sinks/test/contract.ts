import { describe, expect, it } from 'vitest';
import type {
  CounterDescriptor,
  GaugeDescriptor,
  HistogramDescriptor,
  Labels,
  MemorySink,
  MetricDescriptor,
  MetricSink,
  MetricSnapshot,
  UpDownCounterDescriptor,
} from '../src/index.ts';

/** A number for each series, or for histograms the values per bucket and their sum; by `seriesKey`. */
export type Numbers = Record<string, number | { readonly counts: readonly number[]; readonly sum: number }>;

/** A sink under test, and how its numbers come out at the other end. */
export interface OpenSink {
  readonly sink: MetricSink;
  /** What a reader of this sink sees of these metrics; missing where nothing can be read. */
  read?(metrics: readonly MetricDescriptor[]): Promise<Numbers>;
  /** Where the sink keeps count of what it could not do as it was told, if it does. */
  readonly memory?: MemorySink;
  close?(): Promise<void>;
}

export const CALLS: CounterDescriptor<'code' | 'verb'> = {
  kind: 'counter',
  name: 'contract.calls',
  unit: '{call}',
  help: 'Calls.',
  labelNames: ['code', 'verb'],
};
export const INFLIGHT: UpDownCounterDescriptor = {
  kind: 'upDownCounter',
  name: 'contract.inflight',
  unit: '{call}',
  help: 'Calls that run.',
};
export const USE: GaugeDescriptor<'part'> = {
  kind: 'gauge',
  name: 'contract.use',
  unit: 'By',
  help: 'Memory in use.',
  labelNames: ['part'],
};
export const WAIT: HistogramDescriptor<'queue'> = {
  kind: 'histogram',
  name: 'contract.wait',
  unit: 's',
  help: 'How long calls waited.',
  labelNames: ['queue'],
  buckets: [0.01, 0.1, 1],
};
export const METRICS: readonly MetricDescriptor[] = [CALLS, INFLIGHT, USE, WAIT];

/** One string for one series: `contract.calls{code="1",verb="get"}`, whatever the order of the labels. */
export function seriesKey(name: string, labels: Labels): string {
  const texts = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return `${name}{${texts.sort().join(',')}}`;
}

/** What a snapshot says, in the form all sinks are compared in. */
export function numbersOf(snapshots: readonly MetricSnapshot[]): Numbers {
  const numbers: Numbers = {};
  for (const metric of snapshots) {
    if (metric.kind === 'histogram') {
      for (const { labels, counts, sum } of metric.series) numbers[seriesKey(metric.name, labels)] = { counts, sum };
    } else {
      for (const { labels, value } of metric.series) numbers[seriesKey(metric.name, labels)] = value;
    }
  }
  return numbers;
}

/** What every sink promises, whoever wrote it. */
export function describeSink(name: string, open: (options: { maxLabelSets?: number }) => OpenSink): void {
  const withSink =
    (use: (opened: OpenSink) => Promise<void> | void, options = {}) =>
    async () => {
      const opened = open(options);
      try {
        await use(opened);
      } finally {
        await opened.close?.();
      }
    };
  const readable = open({});
  const canRead = readable.read !== undefined;
  void readable.close?.();

  describe(`[M02] ${name}`, () => {
    it(
      'gives one metric for one name, and one series for the same labels in any order',
      withSink(async ({ sink, read }) => {
        sink.counter(CALLS).handle({ code: '1', verb: 'get' }).add(2);
        sink
          .counter({ ...CALLS, help: 'Said otherwise.' })
          .handle({ verb: 'get', code: '1' })
          .add(3);
        if (read) expect(await read([CALLS])).toEqual({ 'contract.calls{code="1",verb="get"}': 5 });
      }),
    );

    it(
      'refuses another metric by the same name, naming what differs',
      withSink(({ sink }) => {
        sink.counter(CALLS);
        sink.histogram(WAIT);
        const conflict = (field: string) => expect.objectContaining({ code: 'METRIC_CONFLICT', field });
        expect(() => sink.upDownCounter({ ...CALLS, kind: 'upDownCounter' })).toThrow(conflict('kind'));
        expect(() => sink.counter({ ...CALLS, unit: 'By' })).toThrow(conflict('unit'));
        expect(() => sink.counter({ ...CALLS, labelNames: ['code'] })).toThrow(conflict('labelNames'));
        expect(() => sink.histogram({ ...WAIT, buckets: [0.01, 0.1] })).toThrow(conflict('buckets'));
        expect(() => sink.counter({ ...CALLS, labelNames: ['verb', 'code'] })).not.toThrow();
      }),
    );

    it(
      'refuses a metric that Prometheus could not tell from one it has',
      withSink(({ sink }) => {
        sink.counter(CALLS);
        sink.histogram(WAIT);
        const conflict = expect.objectContaining({ code: 'METRIC_CONFLICT', field: 'name' });
        expect(() => sink.counter({ ...CALLS, name: 'contract_calls' })).toThrow(conflict);
        expect(() => sink.gauge({ ...USE, name: 'contract.wait.seconds.sum', unit: '{value}' })).toThrow(conflict);
      }),
    );

    it(
      'refuses a descriptor that is wrong, naming the field',
      withSink(({ sink }) => {
        expect(() => sink.counter({ ...CALLS, name: 'Calls' })).toThrow(
          expect.objectContaining({ code: 'INVALID_METRIC', field: 'name' }),
        );
        expect(() => sink.histogram({ ...WAIT, buckets: [] })).toThrow(
          expect.objectContaining({ code: 'INVALID_METRIC', field: 'buckets' }),
        );
        expect(() => sink.counter(CALLS)).not.toThrow();
      }),
    );

    it(
      'refuses labels that are not those of the metric',
      withSink(({ sink }) => {
        const calls = sink.counter(CALLS);
        const invalid = expect.objectContaining({ code: 'INVALID_LABELS', labelNames: ['code', 'verb'] });
        const wrong: unknown[] = [{}, { code: '1' }, { code: '1', verb: 'get', more: '' }, { code: 1, verb: 'get' }];
        for (const labels of wrong)
          expect(() => calls.handle(labels as { code: string; verb: string })).toThrow(invalid);
        expect(() => sink.upDownCounter(INFLIGHT).handle({ code: '1' } as Record<never, string>)).toThrow(
          expect.objectContaining({ code: 'INVALID_LABELS', labelNames: [] }),
        );
      }),
    );

    it(
      'keeps the descriptor it was given first, whatever becomes of the object',
      withSink(async ({ sink, read }) => {
        const labelNames: ('code' | 'verb')[] = ['code', 'verb'];
        const calls = sink.counter({ ...CALLS, labelNames });
        const buckets = [...WAIT.buckets];
        const wait = sink.histogram({ ...WAIT, buckets });
        labelNames.pop();
        buckets.pop();
        calls.handle({ code: '1', verb: 'get' }).add();
        wait.handle({ queue: 'a' }).record(0.5);
        expect(() => sink.histogram(WAIT)).not.toThrow();
        if (read) {
          expect(await read([CALLS, WAIT])).toEqual({
            'contract.calls{code="1",verb="get"}': 1,
            'contract.wait{queue="a"}': { counts: [0, 0, 1, 0], sum: 0.5 },
          });
        }
      }),
    );

    it(
      'never throws while recording, and leaves out what the metric cannot take',
      withSink(async ({ sink, read }) => {
        const calls = sink.counter(CALLS).handle({ code: '1', verb: 'get' });
        const inflight = sink.upDownCounter(INFLIGHT).handle({});
        const use = sink.gauge(USE).handle({ part: 'ring' });
        const wait = sink.histogram(WAIT).handle({ queue: 'a' });
        calls.add(1);
        inflight.add(1);
        use.set(1);
        wait.record(1);
        // Programs without types hand on what JSON gave them.
        const text = '5' as unknown as number;
        for (const amount of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, text]) {
          calls.add(amount);
          calls.raiseTo(amount);
          inflight.add(amount);
          use.set(amount);
          wait.record(amount);
        }
        calls.add(-1);
        wait.record(-1);
        if (read) {
          expect(await read(METRICS)).toEqual({
            'contract.calls{code="1",verb="get"}': 1,
            'contract.inflight{}': 1,
            'contract.use{part="ring"}': 1,
            'contract.wait{queue="a"}': { counts: [0, 0, 1, 0], sum: 1 },
          });
        }
      }),
    );

    if (readable.memory !== undefined) {
      it(
        'has a memory that can be asked what went wrong while recording',
        withSink(
          ({ sink, memory }) => {
            sink.counter(CALLS).handle({ code: '1', verb: 'get' }).add(-1);
            sink.counter(CALLS).handle({ code: '2', verb: 'get' }).add(1);
            expect(memory!.troubles()).toEqual({ invalid: 1, overflowed: 1, collectorFailures: 0 });
          },
          { maxLabelSets: 1 },
        ),
      );
    }

    // What nobody can read has nothing more to promise.
    if (!canRead) return;

    it(
      'tells every number of every kind',
      withSink(async ({ sink, read }) => {
        const calls = sink.counter(CALLS);
        calls.handle({ code: '1', verb: 'get' }).add();
        calls.handle({ code: '2', verb: 'get' }).add(0.25);
        const inflight = sink.upDownCounter(INFLIGHT).handle({});
        inflight.add(5);
        inflight.add(-7);
        sink.gauge(USE).handle({ part: 'ring' }).set(4096);
        sink.gauge(USE).handle({ part: 'ring' }).set(-0.5);
        sink.gauge(USE).handle({ part: 'never set' });
        const wait = sink.histogram(WAIT).handle({ queue: 'a' });
        // On a bound counts below it; above the last goes into one more bucket.
        for (const value of [0, 0.01, 0.0625, 0.125, 1, 1.5]) wait.record(value);
        expect(await read!(METRICS)).toEqual({
          'contract.calls{code="1",verb="get"}': 1,
          'contract.calls{code="2",verb="get"}': 0.25,
          'contract.inflight{}': -2,
          'contract.use{part="ring"}': -0.5,
          'contract.wait{queue="a"}': { counts: [2, 1, 2, 1], sum: 2.6975 },
        });
      }),
    );

    it(
      'tells numbers again, and those that changed meanwhile',
      withSink(async ({ sink, read }) => {
        const calls = sink.counter(CALLS).handle({ code: '1', verb: 'get' });
        const wait = sink.histogram(WAIT).handle({ queue: 'a' });
        calls.add(1);
        wait.record(0.5);
        const first = {
          'contract.calls{code="1",verb="get"}': 1,
          'contract.wait{queue="a"}': { counts: [0, 0, 1, 0], sum: 0.5 },
        };
        expect(await read!(METRICS)).toEqual(first);
        expect(await read!(METRICS)).toEqual(first);
        calls.add(1);
        wait.record(5);
        expect(await read!(METRICS)).toEqual({
          'contract.calls{code="1",verb="get"}': 2,
          'contract.wait{queue="a"}': { counts: [0, 0, 1, 1], sum: 5.5 },
        });
      }),
    );

    it(
      'raises a counter to a total and never back',
      withSink(async ({ sink, read }) => {
        const calls = sink.counter(CALLS).handle({ code: '1', verb: 'get' });
        calls.raiseTo(10);
        calls.raiseTo(4);
        calls.add(2);
        calls.raiseTo(11);
        expect(await read!([CALLS])).toEqual({ 'contract.calls{code="1",verb="get"}': 12 });
      }),
    );

    it(
      'keeps labels apart, whatever characters they have',
      withSink(async ({ sink, read }) => {
        const calls = sink.counter(CALLS);
        const values = ['', 'a', ' a ', 'a"b', 'a\\b', 'a\\', '\\n', 'a\nb', '{a="b"}', 'ä€𝄞', 'a,b', '1:a'];
        const expected: Numbers = {};
        for (const [index, code] of values.entries()) {
          for (const verb of values) {
            calls.handle({ code, verb }).add(index + verb.length);
            expected[seriesKey(CALLS.name, { code, verb })] = index + verb.length;
          }
        }
        expect(await read!([CALLS])).toEqual(expected);
      }),
    );

    it(
      '[M04] sends what is beyond the label budget to one series',
      withSink(
        async ({ sink, read }) => {
          const calls = sink.counter(CALLS);
          for (const code of ['1', '2', '3', '4']) calls.handle({ code, verb: 'get' }).add(1);
          calls.handle({ code: '1', verb: 'get' }).add(10);
          sink.histogram(WAIT).handle({ queue: 'a' }).record(0.5);
          for (const queue of ['b', 'c', 'd']) sink.histogram(WAIT).handle({ queue }).record(2);
          sink.upDownCounter(INFLIGHT).handle({}).add(1);
          expect(await read!(METRICS)).toEqual({
            'contract.calls{code="1",verb="get"}': 11,
            'contract.calls{code="2",verb="get"}': 1,
            'contract.calls{overflow="true"}': 2,
            'contract.inflight{}': 1,
            'contract.wait{queue="a"}': { counts: [0, 0, 1, 0], sum: 0.5 },
            'contract.wait{queue="b"}': { counts: [0, 0, 0, 1], sum: 2 },
            'contract.wait{overflow="true"}': { counts: [0, 0, 0, 2], sum: 4 },
          });
        },
        { maxLabelSets: 2 },
      ),
    );

    it(
      'asks collectors before it is read, until they are taken out, also when one of them throws',
      withSink(async ({ sink, read }) => {
        const use = sink.gauge(USE).handle({ part: 'ring' });
        let now = 0;
        sink.onCollect(() => {
          throw new Error('collector is broken');
        });
        const stop = sink.onCollect(() => use.set(++now));
        expect(await read!([USE])).toEqual({ 'contract.use{part="ring"}': 1 });
        expect(await read!([USE])).toEqual({ 'contract.use{part="ring"}': 2 });
        stop();
        stop();
        expect(await read!([USE])).toEqual({ 'contract.use{part="ring"}': 2 });
      }),
    );
  });
}
