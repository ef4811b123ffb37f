import { RateLimiterMemory } from 'rate-limiter-flexible';
import { KEYS, keysOf, shuffledKeys } from '../contest/keys.ts';
import type { Entry, Work } from '../contest/work.ts';
import { AMPLE, WINDOW_MS } from './bounds.ts';

const DURATION_S = WINDOW_MS / 1_000;

/** The in-memory limiter of rate-limiter-flexible; it answers with promises, and refuses by rejecting them. */
export const entry: Entry = {
  works: {
    'take, 1 key': () => taking(shuffledKeys(1)),

    'take, 10k keys': () => taking(shuffledKeys(KEYS)),

    refused: async () => {
      const limiter = new RateLimiterMemory({ points: 1, duration: DURATION_S });
      await limiter.consume('caller');
      return async (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          try {
            await limiter.consume('caller');
          } catch {
            done++;
          }
        }
        return done;
      };
    },

    'take and refund': () => {
      const limiter = new RateLimiterMemory({ points: AMPLE, duration: DURATION_S });
      return async (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          await limiter.consume('caller');
          if ((await limiter.reward('caller')).consumedPoints >= 0) done++;
        }
        return done;
      };
    },
  },
  holdings: {
    keys: async (count) => {
      const limiter = new RateLimiterMemory({ points: 100, duration: DURATION_S });
      for (const key of keysOf(count)) await limiter.consume(key);
      return limiter;
    },
  },
};

function taking(keys: readonly string[]): Work {
  const limiter = new RateLimiterMemory({ points: AMPLE, duration: DURATION_S });
  let next = 0;
  return async (times) => {
    let done = 0;
    for (let time = 0; time < times; time++) {
      next = next + 1 >= keys.length ? 0 : next + 1;
      if ((await limiter.consume(keys[next]!)).consumedPoints > 0) done++;
    }
    return done;
  };
}
