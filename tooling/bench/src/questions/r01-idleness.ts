import { Breaker } from '@sessiond/resilience';
import { CircuitState, circuitBreaker, handleAll, SamplingBreaker } from 'cockatiel';
import CircuitBreaker from 'opossum';
import { act, bad, ended, premise } from './calls.ts';
import type { Question } from './question.ts';

const WINDOW_MS = 10_000;
const MINIMUM = 10;
const IDLE_MS = 600_000;

/** One failure fewer than it takes, ten idle minutes, and one more. */
export const idleness: Question = {
  id: 'R01',
  asks: 'failures older than the window are forgotten after idleness',
  probes: {
    async sessiond(time) {
      const breaker = new Breaker({ windowMs: WINDOW_MS, failureRate: 0.5, minimumCalls: MINIMUM });
      for (let call = 1; call < MINIMUM; call++) await ended(breaker.execute(bad));
      premise(breaker.state === 'closed');
      await time.advance(IDLE_MS);
      await ended(breaker.execute(bad));
      return breaker.state === 'closed';
    },

    async cockatiel(time) {
      const minimumRps = MINIMUM / (WINDOW_MS / 1_000);
      const policy = circuitBreaker(handleAll, {
        halfOpenAfter: 5_000,
        breaker: new SamplingBreaker({ threshold: 0.5, duration: WINDOW_MS, minimumRps }),
      });
      for (let call = 1; call < MINIMUM; call++) await ended(policy.execute(bad));
      premise(policy.state === CircuitState.Closed);
      await time.advance(IDLE_MS);
      await ended(policy.execute(bad));
      return policy.state === CircuitState.Closed;
    },

    async opossum(time) {
      const breaker = new CircuitBreaker(act, { rollingCountTimeout: WINDOW_MS, volumeThreshold: MINIMUM });
      for (let call = 1; call < MINIMUM; call++) await ended(breaker.fire(bad));
      premise(breaker.closed);
      await time.advance(IDLE_MS);
      await ended(breaker.fire(bad));
      return breaker.closed;
    },
  },
};
