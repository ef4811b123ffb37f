import { RateLimiter } from '@sessiond/resilience';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { succeeds } from './calls.ts';
import type { Question } from './question.ts';

const LIMIT = 5;
const WINDOW_MS = 60_000;

/** A budget is used up; what it was used for is given back two and a half windows later. */
export const lateRefund: Question = {
  id: 'R06',
  asks: 'a refund never exceeds its own window',
  probes: {
    async sessiond(time) {
      const limiter = new RateLimiter({ limit: LIMIT, windowMs: WINDOW_MS });
      const reservation = limiter.take('caller', LIMIT);
      await time.advance(2.5 * WINDOW_MS);
      if (reservation.ok) reservation.refund();
      let granted = 0;
      for (let take = 0; take < 2 * LIMIT; take++) {
        if (limiter.take('caller').ok) granted++;
      }
      return granted === LIMIT;
    },

    async 'rate-limiter-flexible'(time) {
      const limiter = new RateLimiterMemory({ points: LIMIT, duration: WINDOW_MS / 1_000 });
      await limiter.consume('caller', LIMIT);
      await time.advance(2.5 * WINDOW_MS);
      await limiter.reward('caller', LIMIT);
      let granted = 0;
      for (let take = 0; take < 4 * LIMIT; take++) {
        if (await succeeds(limiter.consume('caller'))) granted++;
      }
      return granted === LIMIT;
    },
  },
};
