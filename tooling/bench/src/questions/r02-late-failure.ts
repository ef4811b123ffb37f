import { Breaker } from '@sessiond/resilience';
import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import CircuitBreaker from 'opossum';
import { act, bad, ended, good, PendingCall, premise } from './calls.ts';
import type { Question } from './question.ts';

const OPEN_MS = 30_000;

/** A call begins, another one fails and opens the breaker, a probe closes it, and only then the first one fails. */
export const lateFailure: Question = {
  id: 'R02',
  asks: 'a failure that started before an outage does not count after recovery',
  probes: {
    async sessiond(time) {
      const breaker = new Breaker({ failures: 1, openMs: OPEN_MS, probes: 1 });
      const late = new PendingCall();
      const call = breaker.execute(late.act);
      await ended(breaker.execute(bad));
      premise(breaker.state === 'open');
      await time.advance(OPEN_MS);
      await breaker.execute(good);
      premise(breaker.state === 'closed');
      late.fail();
      await ended(call);
      return breaker.state === 'closed';
    },

    async cockatiel(time) {
      const policy = circuitBreaker(handleAll, { halfOpenAfter: OPEN_MS, breaker: new ConsecutiveBreaker(1) });
      const late = new PendingCall();
      const call = policy.execute(late.act);
      await ended(policy.execute(bad));
      premise(policy.state === CircuitState.Open);
      await time.advance(OPEN_MS);
      await policy.execute(good);
      premise(policy.state === CircuitState.Closed);
      late.fail();
      await ended(call);
      return policy.state === CircuitState.Closed;
    },

    async opossum(time) {
      const breaker = new CircuitBreaker(act, { timeout: false, errorThresholdPercentage: 1, resetTimeout: OPEN_MS });
      const late = new PendingCall();
      const call = breaker.fire(late.act);
      await ended(breaker.fire(bad));
      premise(breaker.opened);
      await time.advance(OPEN_MS);
      await breaker.fire(good);
      premise(breaker.closed);
      late.fail();
      await ended(call);
      return breaker.closed;
    },
  },
};
