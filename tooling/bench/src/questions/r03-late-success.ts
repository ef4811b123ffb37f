import { Breaker } from '@sessiond/resilience';
import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import CircuitBreaker from 'opossum';
import { act, bad, ended, forget, PendingCall, premise } from './calls.ts';
import type { Question } from './question.ts';

const OPEN_MS = 30_000;

/** A call begins, another one fails and opens the breaker; while the probe is on its way, the first one succeeds. */
export const lateSuccess: Question = {
  id: 'R03',
  asks: 'a success from before does not close half-open',
  probes: {
    async sessiond(time) {
      const breaker = new Breaker({ failures: 1, openMs: OPEN_MS, probes: 1 });
      const late = new PendingCall();
      const call = breaker.execute(late.act);
      await ended(breaker.execute(bad));
      premise(breaker.state === 'open');
      await time.advance(OPEN_MS);
      forget(breaker.execute(new PendingCall().act));
      premise(breaker.state === 'halfOpen');
      late.succeed();
      await ended(call);
      return breaker.state === 'halfOpen';
    },

    async cockatiel(time) {
      const policy = circuitBreaker(handleAll, { halfOpenAfter: OPEN_MS, breaker: new ConsecutiveBreaker(1) });
      const late = new PendingCall();
      const call = policy.execute(late.act);
      await ended(policy.execute(bad));
      premise(policy.state === CircuitState.Open);
      await time.advance(OPEN_MS);
      forget(policy.execute(new PendingCall().act));
      premise(policy.state === CircuitState.HalfOpen);
      late.succeed();
      await ended(call);
      return policy.state === CircuitState.HalfOpen;
    },

    async opossum(time) {
      const breaker = new CircuitBreaker(act, { timeout: false, errorThresholdPercentage: 1, resetTimeout: OPEN_MS });
      const late = new PendingCall();
      const call = breaker.fire(late.act);
      await ended(breaker.fire(bad));
      premise(breaker.opened);
      await time.advance(OPEN_MS);
      forget(breaker.fire(new PendingCall().act));
      premise(breaker.halfOpen);
      late.succeed();
      await ended(call);
      return breaker.halfOpen;
    },
  },
};
