import { RateLimiter } from '@sessiond/resilience';
import { RateLimiter as Limiter } from 'limiter';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { succeeds } from './calls.ts';
import type { Question } from './question.ts';
import type { VirtualTime } from './virtual-time.ts';

const LIMIT = 100;
const WINDOW_MS = 60_000;
const STEP_MS = 100;

/** One take, a pause for nearly a window, and then as much as there is to get, all the time, across two edges. */
export const edge: Question = {
  id: 'R08',
  asks: 'no double burst across an edge: limit + 1 at most in any window',
  probes: {
    sessiond(time) {
      const limiter = new RateLimiter({ limit: LIMIT, windowMs: WINDOW_MS });
      return neverDouble(time, async () => limiter.take('caller').ok);
    },

    'rate-limiter-flexible'(time) {
      const limiter = new RateLimiterMemory({ points: LIMIT, duration: WINDOW_MS / 1_000 });
      return neverDouble(time, () => succeeds(limiter.consume('caller')));
    },

    limiter(time) {
      const limiter = new Limiter({ tokensPerInterval: LIMIT, interval: WINDOW_MS });
      return neverDouble(time, async () => limiter.tryRemoveTokens(1));
    },
  },
};

async function neverDouble(time: VirtualTime, take: () => Promise<boolean>): Promise<boolean> {
  const granted: number[] = [];
  const takeAll = async (): Promise<void> => {
    while (await take()) granted.push(time.now);
  };
  if (await take()) granted.push(time.now);
  await time.advance(WINDOW_MS - STEP_MS);
  for (let step = 0; step < (2 * WINDOW_MS) / STEP_MS; step++) {
    await takeAll();
    await time.advance(STEP_MS);
  }
  return granted.every((at, index) => {
    const oneTooMany = granted[index + LIMIT + 1];
    return oneTooMany === undefined || oneTooMany - at >= WINDOW_MS;
  });
}
