import { RateLimiter } from '@sessiond/resilience';
import { RateLimiter as Limiter } from 'limiter';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { succeeds } from './calls.ts';
import type { Question } from './question.ts';

const LIMIT = 5;
const WINDOW_MS = 60_000;

/** Of five, three are taken; four more are refused; two must still be there. */
export const refusedTakesNothing: Question = {
  id: 'R07',
  asks: 'a refused request takes nothing',
  probes: {
    async sessiond() {
      const limiter = new RateLimiter({ limit: LIMIT, windowMs: WINDOW_MS });
      return limiter.take('caller', 3).ok && !limiter.take('caller', 4).ok && limiter.take('caller', 2).ok;
    },

    async 'rate-limiter-flexible'() {
      const limiter = new RateLimiterMemory({ points: LIMIT, duration: WINDOW_MS / 1_000 });
      const take = (points: number): Promise<boolean> => succeeds(limiter.consume('caller', points));
      return (await take(3)) && !(await take(4)) && (await take(2));
    },

    async limiter() {
      const limiter = new Limiter({ tokensPerInterval: LIMIT, interval: WINDOW_MS });
      return limiter.tryRemoveTokens(3) && !limiter.tryRemoveTokens(4) && limiter.tryRemoveTokens(2);
    },
  },
};
