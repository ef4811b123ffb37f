import { RateLimiter, TokenBucket } from '@sessiond/resilience';
import fc from 'fast-check';
import { RateLimiter as Limiter, TokenBucket as LimiterBucket } from 'limiter';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { expect, test } from 'vitest';
import { succeeds } from '../questions/calls.ts';
import { inVirtualTime } from '../questions/virtual-time.ts';

const WINDOW_MS = 60_000;
const RUNS = { numRuns: 100 } as const;

/**
 * A fixed window that begins with a key's first take, and a window that slides, agree while all takes of a key lie within
 * one window, and again after two windows without any. Only single units: a refused take of more counts there.
 */
test('within a window, each key is granted what rate-limiter-flexible grants it', async () => {
  const take = fc.record({ key: fc.constantFrom('a', 'b', 'c'), waitMs: fc.integer({ min: 0, max: 1_999 }) });
  const bursts = fc.array(fc.array(take, { maxLength: 30, size: 'max' }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 6 }), bursts, (limit, script) =>
      inVirtualTime(async (time) => {
        const ours = new RateLimiter({ limit, windowMs: WINDOW_MS });
        const theirs = new RateLimiterMemory({ points: limit, duration: WINDOW_MS / 1_000 });
        for (const burst of script) {
          for (const { key, waitMs } of burst) {
            expect(ours.take(key).ok).toBe(await succeeds(theirs.consume(key)));
            await time.advance(waitMs);
          }
          await time.advance(2 * WINDOW_MS);
        }
      }),
    ),
    RUNS,
  );
});

/** Its bucket refills while a window lasts, and so it grants more than ours from the next moment on. */
test('at one moment after idleness, as much is granted as limiter grants', async () => {
  const bursts = fc.array(fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 12, size: 'max' }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 12 }), bursts, (limit, script) =>
      inVirtualTime(async (time) => {
        const ours = new RateLimiter({ limit, windowMs: WINDOW_MS });
        const theirs = new Limiter({ tokensPerInterval: limit, interval: WINDOW_MS });
        for (const burst of script) {
          for (const n of burst) expect(ours.take('caller', n).ok).toBe(theirs.tryRemoveTokens(n));
          await time.advance(2 * WINDOW_MS);
        }
      }),
    ),
    RUNS,
  );
});

/** Half a token per millisecond: every sum is exact in binary, so that neither rounds. */
test('the token bucket grants and makes wait as that of limiter does', async () => {
  const burst = 64;
  const step = fc.record({ n: fc.integer({ min: 0, max: burst + 2 }), waitMs: fc.integer({ min: 0, max: 60 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), (script) =>
      inVirtualTime(async (time) => {
        const ours = new TokenBucket({ ratePerSecond: 500, burst });
        const theirs = new LimiterBucket({ bucketSize: burst, tokensPerInterval: 500, interval: 'second' });
        theirs.content = burst;
        for (const { n, waitMs } of script) {
          if (n <= burst) expect(ours.waitMs(n)).toBe(theirs.getWaitTime(n));
          expect(ours.take(n).ok).toBe(theirs.tryRemoveTokens(n));
          await time.advance(waitMs);
        }
      }),
    ),
    RUNS,
  );
});
