import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Labels, MetricDescriptor } from '../src/index.ts';
import { CALLS, INFLIGHT, METRICS, type Numbers, type OpenSink, seriesKey, USE, WAIT } from './contract.ts';
import { SINKS } from './sinks.ts';

const MAX_LABEL_SETS = 3;

type Act =
  | { readonly metric: 'calls'; readonly code: string; readonly verb: string; readonly amount: number }
  | { readonly metric: 'total'; readonly code: string; readonly verb: string; readonly amount: number }
  | { readonly metric: 'inflight'; readonly amount: number }
  | { readonly metric: 'use'; readonly part: string; readonly amount: number }
  | { readonly metric: 'wait'; readonly queue: string; readonly amount: number };

/** Metrics as one would explain them: a map from labels to every amount that counts. */
class NaiveSink {
  readonly #amounts = new Map<string, { metric: MetricDescriptor; kept: number[] }>();
  readonly #sets = new Map<string, Set<string>>();

  take(act: Act): void {
    if (act.metric === 'calls') this.#at(CALLS, { code: act.code, verb: act.verb }, act.amount, act.amount >= 0);
    if (act.metric === 'total') this.#raise({ code: act.code, verb: act.verb }, act.amount);
    if (act.metric === 'inflight') this.#at(INFLIGHT, {}, act.amount, true);
    if (act.metric === 'use') this.#at(USE, { part: act.part }, act.amount, true);
    if (act.metric === 'wait') this.#at(WAIT, { queue: act.queue }, act.amount, act.amount >= 0);
  }

  numbers(): Numbers {
    const numbers: Numbers = {};
    for (const [key, { metric, kept }] of this.#amounts) {
      const sum = kept.reduce((total, amount) => total + amount, 0);
      if (metric.kind === 'histogram') {
        if (kept.length === 0) continue;
        const bounds = [...metric.buckets, Number.POSITIVE_INFINITY];
        const within = (value: number, at: number) => value <= bounds[at]! && value > (bounds[at - 1] ?? -1);
        numbers[key] = { counts: bounds.map((_, at) => kept.filter((value) => within(value, at)).length), sum };
      } else if (metric.kind === 'gauge') {
        if (kept.length > 0) numbers[key] = kept.at(-1)!;
      } else {
        numbers[key] = sum;
      }
    }
    return numbers;
  }

  #at(metric: MetricDescriptor, labels: Labels, amount: number, allowed: boolean): void {
    const { kept } = this.#series(metric, labels);
    if (Number.isFinite(amount) && allowed) kept.push(amount);
  }

  #raise(labels: Labels, total: number): void {
    const series = this.#series(CALLS, labels);
    const sum = series.kept.reduce((all, amount) => all + amount, 0);
    if (Number.isFinite(total) && total > sum) series.kept = [total];
  }

  #series(metric: MetricDescriptor, labels: Labels): { kept: number[] } {
    const sets = this.#sets.get(metric.name) ?? new Set();
    this.#sets.set(metric.name, sets);
    const own = seriesKey(metric.name, labels);
    if (Object.keys(labels).length === 0 || sets.has(own) || sets.size < MAX_LABEL_SETS) sets.add(own);
    const key = sets.has(own) ? own : seriesKey(metric.name, { overflow: 'true' });
    const series = this.#amounts.get(key) ?? { metric, kept: [] };
    this.#amounts.set(key, series);
    return series;
  }
}

function perform({ sink }: OpenSink, act: Act): void {
  const { metric, amount } = act;
  if (metric === 'calls') sink.counter(CALLS).handle({ code: act.code, verb: act.verb }).add(amount);
  if (metric === 'total') sink.counter(CALLS).handle({ code: act.code, verb: act.verb }).raiseTo(amount);
  if (metric === 'inflight') sink.upDownCounter(INFLIGHT).handle({}).add(amount);
  if (metric === 'use') sink.gauge(USE).handle({ part: act.part }).set(amount);
  if (metric === 'wait') sink.histogram(WAIT).handle({ queue: act.queue }).record(amount);
}

const label = fc.constantFrom('a', 'b', 'c', 'd', 'e"\\\n');
const amount = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -1e9, max: 1e9, noNaN: true }).map((value) => value + 0) },
  { weight: 6, arbitrary: fc.integer({ min: -5, max: 500 }) },
  { weight: 3, arbitrary: fc.constantFrom(0, 0.01, 0.1, 1) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY) },
);
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    metric: fc.constantFrom('calls' as const, 'total' as const),
    code: label,
    verb: fc.constantFrom('', 'a'),
    amount,
  }),
  fc.record({ metric: fc.constant('inflight' as const), amount }),
  fc.record({ metric: fc.constant('use' as const), part: label, amount }),
  fc.record({ metric: fc.constant('wait' as const), queue: label, amount }),
);
const STEPS = fc.array(
  fc.oneof({ weight: 20, arbitrary: act }, { weight: 1, arbitrary: fc.constant('read' as const) }),
  {
    maxLength: 60,
  },
);

/** A histogram that nothing was recorded into is a row of zeros in some sinks and nothing in others. */
function withoutEmpty(numbers: Numbers): Numbers {
  const isEmpty = (value: Numbers[string]) => typeof value === 'object' && value.counts.every((count) => count === 0);
  return Object.fromEntries(Object.entries(numbers).filter(([, value]) => !isEmpty(value)));
}

/**
 * `actual` with what is expected in the place of each sum that differs by its rounding alone: a sink may add up in parts, whose sum is
 * rounded otherwise. `magnitude` is the sum of what was added up, whatever its sign.
 */
function rounded(actual: Numbers, expected: Numbers, magnitude: number): Numbers {
  const near = (one: number, other: number) => (Math.abs(one - other) <= magnitude * 1e-14 ? other : one);
  const entries = Object.entries(actual).map(([key, value]): [string, Numbers[string]] => {
    const other = expected[key];
    if (typeof value === 'number') return [key, typeof other === 'number' ? near(value, other) : value];
    return [key, typeof other === 'object' ? { ...value, sum: near(value.sum, other.sum) } : value];
  });
  return Object.fromEntries(entries);
}

for (const [name, open] of Object.entries(SINKS)) {
  const readable = open({});
  await readable.close?.();
  if (readable.read === undefined) continue;

  it(`[M02] ${name} agrees with a map of lists about any sequence of records`, async () => {
    await fc.assert(
      fc.asyncProperty(STEPS, async (steps) => {
        const opened = open({ maxLabelSets: MAX_LABEL_SETS });
        const naive = new NaiveSink();
        let magnitude = 0;
        const compare = async () => {
          const expected = naive.numbers();
          expect(rounded(withoutEmpty(await opened.read!(METRICS)), expected, magnitude)).toEqual(expected);
        };
        try {
          for (const step of steps) {
            if (step === 'read') await compare();
            else {
              perform(opened, step);
              naive.take(step);
              if (Number.isFinite(step.amount)) magnitude += Math.abs(step.amount);
            }
          }
          await compare();
        } finally {
          await opened.close?.();
        }
      }),
      { numRuns: 200 },
    );
  });
}
