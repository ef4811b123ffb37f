import { Breaker } from '@sessiond/resilience';
import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import CircuitBreaker from 'opossum';
import { act, bad, ended, forget, good, PendingCall, premise, succeeds } from './calls.ts';
import type { Question } from './question.ts';
import { settled } from './virtual-time.ts';

const OPEN_MS = 30_000;
const HOUR_MS = 3_600_000;

/** The first probe never ends; an hour later everything works again. opossum is asked with the timeout it has by default. */
export const hungProbe: Question = {
  id: 'R04',
  asks: 'a hung probe does not block recovery',
  probes: {
    async sessiond(time) {
      const breaker = new Breaker({ failures: 1, openMs: OPEN_MS, probes: 1 });
      await ended(breaker.execute(bad));
      premise(breaker.state === 'open');
      await time.advance(OPEN_MS);
      forget(breaker.execute(new PendingCall().act));
      await time.advance(HOUR_MS);
      return (await succeedsAtOnce(breaker.execute(good))) && breaker.state === 'closed';
    },

    async cockatiel(time) {
      const policy = circuitBreaker(handleAll, { halfOpenAfter: OPEN_MS, breaker: new ConsecutiveBreaker(1) });
      await ended(policy.execute(bad));
      premise(policy.state === CircuitState.Open);
      await time.advance(OPEN_MS);
      forget(policy.execute(new PendingCall().act));
      await time.advance(HOUR_MS);
      return succeedsAtOnce(policy.execute(good));
    },

    async opossum(time) {
      const breaker = new CircuitBreaker(act, { errorThresholdPercentage: 1, resetTimeout: OPEN_MS });
      await ended(breaker.fire(bad));
      premise(breaker.opened);
      await time.advance(OPEN_MS);
      forget(breaker.fire(new PendingCall().act));
      await time.advance(HOUR_MS);
      return (await succeedsAtOnce(breaker.fire(good))) && breaker.closed;
    },
  },
};

/** Without time passing: somebody who waits for the hung probe waits for ever. */
function succeedsAtOnce(call: Promise<unknown>): Promise<boolean> {
  return Promise.race([succeeds(call), settled().then(() => false)]);
}
