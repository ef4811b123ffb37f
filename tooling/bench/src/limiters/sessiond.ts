import { RateLimiter, TokenBucket } from '@sessiond/resilience';
import { KEYS, keysOf, shuffledKeys } from '../contest/keys.ts';
import type { Entry, Work } from '../contest/work.ts';
import { AMPLE, WINDOW_MS } from './bounds.ts';

/** The limiters of the built `@sessiond/resilience`. */
export const entry: Entry = {
  works: {
    'take, 1 key': () => taking(shuffledKeys(1)),

    'take, 10k keys': () => taking(shuffledKeys(KEYS)),

    refused: () => {
      const limiter = new RateLimiter({ limit: 1, windowMs: WINDOW_MS });
      limiter.take('caller');
      return (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          if (!limiter.take('caller').ok) done++;
        }
        return done;
      };
    },

    'take and refund': () => {
      const limiter = new RateLimiter({ limit: AMPLE, windowMs: WINDOW_MS });
      return (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          const reservation = limiter.take('caller');
          if (reservation.ok && reservation.refund()) done++;
        }
        return done;
      };
    },

    bucket: () => {
      const bucket = new TokenBucket({ ratePerSecond: 1e12, burst: 1e12 });
      return (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          if (bucket.take(1_024).ok) done++;
        }
        return done;
      };
    },
  },
  holdings: {
    keys: (count) => {
      const limiter = new RateLimiter({ limit: 100, windowMs: WINDOW_MS, maxKeys: count });
      for (const key of keysOf(count)) limiter.take(key);
      return limiter;
    },
  },
};

function taking(keys: readonly string[]): Work {
  const limiter = new RateLimiter({ limit: AMPLE, windowMs: WINDOW_MS, maxKeys: keys.length });
  let next = 0;
  return (times) => {
    let done = 0;
    for (let time = 0; time < times; time++) {
      next = next + 1 >= keys.length ? 0 : next + 1;
      if (limiter.take(keys[next]!).ok) done++;
    }
    return done;
  };
}
