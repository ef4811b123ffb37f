import { RateLimiter, TokenBucket } from 'limiter';
import type { Entry } from '../contest/work.ts';
import { AMPLE, WINDOW_MS } from './bounds.ts';

/** The limiter and the bucket of limiter; neither knows keys. */
export const entry: Entry = {
  works: {
    'take, no key': () => {
      const limiter = new RateLimiter({ tokensPerInterval: AMPLE, interval: WINDOW_MS });
      return (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          if (limiter.tryRemoveTokens(1)) done++;
        }
        return done;
      };
    },

    refused: () => {
      const limiter = new RateLimiter({ tokensPerInterval: 1, interval: WINDOW_MS });
      limiter.tryRemoveTokens(1);
      return (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          if (!limiter.tryRemoveTokens(1)) done++;
        }
        return done;
      };
    },

    bucket: () => {
      const bucket = new TokenBucket({ bucketSize: 1e12, tokensPerInterval: 1e12, interval: 'second' });
      bucket.content = bucket.bucketSize;
      return (times) => {
        let done = 0;
        for (let time = 0; time < times; time++) {
          if (bucket.tryRemoveTokens(1_024)) done++;
        }
        return done;
      };
    },
  },
};
