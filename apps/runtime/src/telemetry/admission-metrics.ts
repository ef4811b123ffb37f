import type { Counter, Histogram, MetricFamily, MetricSink } from '@sessiond/metrics-sinks';
import type {
  AdmissionObserver,
  BreakerName,
  BreakerState,
  BulkheadName,
  LimiterName,
} from '../admission/admission-observer.ts';
import type { AdmissionSnapshot } from '../admission/admission-snapshot.ts';
import * as catalogue from './catalogue.ts';
import { levelOf } from './level.ts';

/** Names as keys, so that the compiler misses none of a union that grows. */
type Names<N extends string> = Readonly<Record<N, true>>;

const LIMITERS: Names<LimiterName> = {
  data: true,
  control: true,
  answers: true,
  principal: true,
  total: true,
};
const DECISIONS: Names<'granted' | 'refused'> = { granted: true, refused: true };
const REFUNDS: Names<'refunded' | 'late'> = { refunded: true, late: true };
const BULKHEADS: Names<BulkheadName> = { commands: true, principal: true, lane: true };
const BREAKERS: Names<BreakerName> = { spawn: true, bash: true, provider: true };
const OUTCOMES: Names<BreakerOutcome> = { success: true, failure: true, ignored: true, refused: true };
const STATES: Names<BreakerState> = { closed: true, open: true, halfOpen: true };

/** What becomes of a breaker by itself. */
const TRANSITIONS: readonly { readonly from: BreakerState; readonly to: BreakerState }[] = [
  { from: 'closed', to: 'open' },
  { from: 'open', to: 'halfOpen' },
  { from: 'halfOpen', to: 'open' },
  { from: 'halfOpen', to: 'closed' },
];

type BreakerOutcome = 'success' | 'failure' | 'ignored' | 'refused';

/**
 * Counts what admission decides. Every series is there from the start, so that its first change is a change from 0, and counting is a
 * look at two fields.
 */
export class AdmissionMetrics implements AdmissionObserver {
  readonly #requests: Readonly<Record<LimiterName, Readonly<Record<'granted' | 'refused', Counter>>>>;
  readonly #refunds: Readonly<Record<LimiterName, Readonly<Record<'refunded' | 'late', Counter>>>>;
  readonly #calls: Readonly<Record<BreakerName, Readonly<Record<BreakerOutcome, Counter>>>>;
  readonly #refusals: Readonly<Record<BulkheadName, Counter>>;
  readonly #waits: Readonly<Record<BulkheadName, Histogram>>;
  readonly #transitions: MetricFamily<'breaker' | 'scope' | 'from' | 'to', Counter>;

  constructor(sink: MetricSink) {
    const requests = sink.counter(catalogue.limiterRequests);
    const refunds = sink.counter(catalogue.limiterRefunds);
    const calls = sink.counter(catalogue.breakerCalls);
    const refusals = sink.counter(catalogue.bulkheadRefusals);
    const waits = sink.histogram(catalogue.bulkheadWait);
    this.#requests = each(LIMITERS, (limiter) => each(DECISIONS, (decision) => requests.handle({ limiter, decision })));
    this.#refunds = each(LIMITERS, (limiter) => each(REFUNDS, (result) => refunds.handle({ limiter, result })));
    this.#calls = each(BREAKERS, (breaker) => each(OUTCOMES, (outcome) => calls.handle({ breaker, outcome })));
    this.#refusals = each(BULKHEADS, (bulkhead) => refusals.handle({ bulkhead }));
    this.#waits = each(BULKHEADS, (bulkhead) => waits.handle({ bulkhead }));
    this.#transitions = sink.counter(catalogue.breakerTransitions);
    for (const breaker of Object.keys(BREAKERS)) {
      for (const scope of ['global', 'key']) {
        for (const transition of TRANSITIONS) this.#transitions.handle({ breaker, scope, ...transition });
      }
    }
  }

  limiterDecided(limiter: LimiterName, decision: 'granted' | 'refused'): void {
    this.#requests[limiter][decision].add();
  }

  limiterRefunded(limiter: LimiterName, result: 'refunded' | 'late'): void {
    this.#refunds[limiter][result].add();
  }

  breakerCalled(breaker: BreakerName, outcome: BreakerOutcome): void {
    this.#calls[breaker][outcome].add();
  }

  breakerTransitioned(breaker: BreakerName, scope: 'global' | 'key', from: BreakerState, to: BreakerState): void {
    this.#transitions.handle({ breaker, scope, from, to }).add();
  }

  bulkheadWaited(bulkhead: BulkheadName, waitMs: number): void {
    this.#waits[bulkhead].record(waitMs / 1000);
  }

  bulkheadRefused(bulkhead: BulkheadName): void {
    this.#refusals[bulkhead].add();
  }
}

/** Records readings of what stands before commands. */
export function admissionRecorder(sink: MetricSink): (reading: AdmissionSnapshot) => void {
  const generation = sink.counter(catalogue.limiterGeneration);
  const limiterKeys = sink.upDownCounter(catalogue.limiterKeys);
  const usage = sink.upDownCounter(catalogue.bulkheadUsage);
  const waiting = sink.upDownCounter(catalogue.bulkheadWaiting);
  const places = sink.gauge(catalogue.bulkheadLimit);
  const breakerKeys = sink.upDownCounter(catalogue.breakerKeys);
  const status = sink.gauge(catalogue.breakerStatus);
  const limiterSeries = each(LIMITERS, (limiter) => ({
    generation: generation.handle({ limiter }),
    keys: levelOf(limiterKeys.handle({ limiter })),
  }));
  const bulkheadSeries = each(BULKHEADS, (bulkhead) => ({
    usage: levelOf(usage.handle({ bulkhead })),
    waiting: levelOf(waiting.handle({ bulkhead })),
    limit: places.handle({ bulkhead }),
  }));
  const breakerSeries = each(BREAKERS, (breaker) => ({
    open: levelOf(breakerKeys.handle({ breaker, state: 'open' })),
    other: levelOf(breakerKeys.handle({ breaker, state: 'other' })),
    status: each(STATES, (state) => status.handle({ breaker, state })),
  }));
  return ({ limiters, bulkheads, breakers }) => {
    for (const limiter of limiters) {
      const series = limiterSeries[limiter.name];
      series.generation.raiseTo(limiter.generation);
      series.keys.set(limiter.keys);
    }
    for (const bulkhead of bulkheads) {
      const series = bulkheadSeries[bulkhead.name];
      series.usage.set(bulkhead.usage);
      series.waiting.set(bulkhead.waiting);
      if (bulkhead.limit !== null) series.limit.set(bulkhead.limit);
    }
    for (const { name, state, keys, openKeys } of breakers) {
      const series = breakerSeries[name];
      series.open.set(openKeys);
      series.other.set(keys - openKeys);
      for (const [each, gauge] of Object.entries(series.status)) gauge.set(each === state ? 1 : 0);
    }
  };
}

function each<N extends string, T>(names: Names<N>, make: (name: N) => T): Readonly<Record<N, T>> {
  return Object.fromEntries((Object.keys(names) as N[]).map((name) => [name, make(name)])) as Record<N, T>;
}
