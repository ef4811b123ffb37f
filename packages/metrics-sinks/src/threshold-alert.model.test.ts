import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AlertRule } from './alert-rule.ts';
import { fanOut } from './fan-out.ts';
import { MemorySink } from './memory.ts';
import type { CounterDescriptor, HistogramDescriptor, Labels } from './metric.ts';
import { percentile } from './percentile.ts';
import type { MetricSink } from './sink.ts';
import { ThresholdAlertSink } from './threshold-alert.ts';

const BUCKETS = [1, 3, 9];
const labelNames = ['of', 'outcome'] as const;
const counter = (name: string): CounterDescriptor<'of' | 'outcome'> => {
  return { name, kind: 'counter', unit: '{call}', help: 'Calls.', labelNames };
};
const DELAY: HistogramDescriptor<'of' | 'outcome'> = {
  name: 'some.delay',
  kind: 'histogram',
  unit: 's',
  help: 'Delay.',
  labelNames,
  buckets: BUCKETS,
};

const levels = { warn: 1e9 };
const failures = { metric: 'some.calls', selector: { outcome: 'failure' } };
const RULES: readonly AlertRule[] = [
  { name: 'value', metric: 'some.calls', levels },
  { name: 'value of failures by of', ...failures, by: ['of'], levels },
  { name: 'rate', metric: 'some.retries', reduce: 'rate', levels },
  { name: 'rate of failures by both', ...failures, reduce: 'rate', by: ['outcome', 'of'], levels },
  { name: 'rate of delays by of', metric: 'some.delay', reduce: 'rate', by: ['of'], levels },
  { name: 'ratio within', ...failures, reduce: 'ratio', over: { metric: 'some.calls' }, by: ['of'], levels },
  { name: 'ratio of two', metric: 'some.retries', reduce: 'ratio', over: { metric: 'some.calls' }, levels },
  { name: 'ratio of kinds', ...failures, reduce: 'ratio', over: { metric: 'some.delay' }, by: ['of'], levels },
  { name: 'median', metric: 'some.delay', reduce: 'p50', levels },
  { name: 'p99 by of', metric: 'some.delay', reduce: 'p99', selector: { outcome: 'success' }, by: ['of'], levels },
];

interface Take {
  readonly metric: 'some.calls' | 'some.retries' | 'some.delay';
  readonly labels: { readonly of: string; readonly outcome: string };
  readonly amount: number;
}
type Step = Take | { readonly afterMs: number };

function take(sink: MetricSink, { metric, labels, amount }: Take): void {
  if (metric === 'some.delay') sink.histogram(DELAY).handle(labels).record(amount);
  else sink.counter(counter(metric)).handle(labels).add(amount);
}

/** Rules as one would explain them: everything is kept, and every value is made of all of it. */
class NaiveAlerts {
  readonly #taken: Take[] = [];
  /** What was taken since the last tick. */
  readonly #recent = new Set<Take>();
  #tickedAt = 0;

  take(step: Take): void {
    const taken = { ...step };
    this.#taken.push(taken);
    this.#recent.add(taken);
  }

  /** The value of every instance there is, by rule and labels. */
  tick(now: number): Record<string, number | null> {
    const elapsedMs = now - this.#tickedAt;
    const values: Record<string, number | null> = {};
    for (const rule of RULES) {
      const of = this.#of(rule);
      const over = rule.over === undefined ? [] : this.#of(rule.over);
      const { by = [] } = rule;
      const isComplete = this.#exists(rule.metric) && (rule.over === undefined || this.#exists(rule.over.metric));
      const labelsOf = (labels: Labels) => Object.fromEntries(by.map((name) => [name, labels[name]]));
      const instances = by.length === 0 ? [{}] : [...of, ...over].map(({ labels }) => labelsOf(labels));
      for (const instance of instances) {
        const isOwn = ({ labels }: Take) => JSON.stringify(labelsOf(labels)) === JSON.stringify(instance);
        const value = this.#value(rule, of.filter(isOwn), over.filter(isOwn), elapsedMs);
        values[`${rule.name} ${JSON.stringify(instance)}`] = isComplete ? value : null;
      }
    }
    this.#recent.clear();
    this.#tickedAt = now;
    return values;
  }

  #value(
    { reduce = 'value' }: AlertRule,
    of: readonly Take[],
    over: readonly Take[],
    elapsedMs: number,
  ): number | null {
    const amounts = (taken: readonly Take[]) => taken.reduce((sum, one) => sum + weightOf(one), 0);
    if (of.length + over.length === 0) return null;
    if (reduce === 'value') return of.length === 0 ? null : amounts(of);
    const recent = of.filter((one) => this.#recent.has(one));
    if (reduce === 'rate') return (amounts(recent) * 1_000) / elapsedMs;
    const recentOver = amounts(over.filter((one) => this.#recent.has(one)));
    if (reduce === 'ratio') return recentOver === 0 ? null : amounts(recent) / recentOver;
    const counts = [...BUCKETS, Number.POSITIVE_INFINITY].map(
      (bound, index) => recent.filter(({ amount }) => amount <= bound && amount > (BUCKETS[index - 1] ?? -1)).length,
    );
    return recent.length === 0 ? null : percentile(counts, BUCKETS, reduce === 'p50' ? 0.5 : 0.99);
  }

  #of({ metric, selector = {} }: Pick<AlertRule, 'metric' | 'selector'>): readonly Take[] {
    const wanted = Object.entries(selector);
    return this.#taken.filter(
      (one) => one.metric === metric && wanted.every(([name, value]) => (one.labels as Labels)[name] === value),
    );
  }

  #exists(metric: string): boolean {
    return this.#taken.some((one) => one.metric === metric);
  }
}

/** Of histograms it counts how many values there were. */
function weightOf({ metric, amount }: Take): number {
  return metric === 'some.delay' ? 1 : amount;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        metric: fc.constantFrom('some.calls' as const, 'some.retries' as const, 'some.delay' as const),
        labels: fc.record({ of: fc.constantFrom('a', 'b'), outcome: fc.constantFrom('success', 'failure') }),
        amount: fc.integer({ min: 0, max: 12 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ afterMs: fc.integer({ min: 1, max: 5_000 }) }) },
  ),
  { maxLength: 50 },
);

it.each<[string, (memory: MemorySink) => MetricSink]>([
  ['a memory it reads', (memory) => memory],
  ['a sink it cannot read', (memory) => fanOut([memory])],
])('[M05] finds, over %s, the values that a list of all that was recorded gives', (_, sinkOf) => {
  fc.assert(
    fc.property(steps, (run) => {
      const sink = new ThresholdAlertSink({ sink: sinkOf(new MemorySink()), rules: RULES, now: () => 0 });
      const naive = new NaiveAlerts();
      let now = 0;
      for (const step of [...run, { afterMs: 1_000 }]) {
        if ('metric' in step) {
          take(sink, step);
          naive.take(step);
          continue;
        }
        now += step.afterMs;
        sink.tick(now);
        const found = sink
          .snapshot()
          .alerts.map(({ rule, labels, value }) => [`${rule} ${JSON.stringify(labels)}`, value]);
        expect(Object.fromEntries(found)).toEqual(naive.tick(now));
      }
      sink.close();
    }),
    { numRuns: 500 },
  );
});
