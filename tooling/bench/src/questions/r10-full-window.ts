import { Breaker } from '@sessiond/resilience';
import { circuitBreaker, handleAll, SamplingBreaker } from 'cockatiel';
import CircuitBreaker from 'opossum';
import { act, bad, ended, good } from './calls.ts';
import type { Question } from './question.ts';

const MANY_CALLS = 100_000;
const WINDOW_MS = 600_000;
/** What a busy machine may make of the same cost. */
const SAME = 3;
const BATCH = 20;
const BATCHES = 25;

/** Processor time of failing calls, the cheapest of some batches, with a full window and with an empty one. */
export const fullWindow: Question = {
  id: 'R10',
  asks: 'a failing call costs the same with 100k calls in the window',
  probes: {
    sessiond() {
      const never = { windowMs: WINDOW_MS, failureRate: 1, minimumCalls: Number.MAX_SAFE_INTEGER };
      return costsTheSame(() => {
        const breaker = new Breaker(never);
        return (call) => breaker.execute(call);
      });
    },

    cockatiel() {
      return costsTheSame(() => {
        const breaker = new SamplingBreaker({ threshold: 0.99, duration: WINDOW_MS, minimumRps: 1e9 });
        const policy = circuitBreaker(handleAll, { halfOpenAfter: 30_000, breaker });
        return (call) => policy.execute(call);
      });
    },

    opossum() {
      return costsTheSame(() => {
        const breaker = new CircuitBreaker(act, { rollingCountTimeout: WINDOW_MS, errorThresholdPercentage: 100 });
        return (call) => breaker.fire(call);
      });
    },
  },
};

type Execute = (call: () => Promise<string>) => Promise<string>;

async function costsTheSame(make: () => Execute): Promise<boolean> {
  const full = make();
  for (let call = 0; call < MANY_CALLS; call++) await full(good);
  const withMany = await cheapestBatch(() => full);
  const withFew = await cheapestBatch(make);
  return withMany < SAME * withFew;
}

async function cheapestBatch(breakerOf: () => Execute): Promise<number> {
  let cheapest = Number.POSITIVE_INFINITY;
  for (let batch = 0; batch < BATCHES; batch++) {
    const execute = breakerOf();
    const started = process.cpuUsage();
    for (let call = 0; call < BATCH; call++) await ended(execute(bad));
    const { user, system } = process.cpuUsage(started);
    cheapest = Math.min(cheapest, user + system);
  }
  return cheapest;
}
