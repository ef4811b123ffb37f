import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimiter, type RateLimiterHooks, type Reservation } from './rate-limiter.ts';
import type { Refusal } from './refusal.ts';

const WINDOW_MS = 1_600;

function setup({
  limit = 3,
  maxKeys = 10,
  hooks,
}: {
  limit?: number;
  maxKeys?: number;
  hooks?: RateLimiterHooks;
} = {}) {
  const clock = { ms: 5_000 };
  const limiter = new RateLimiter({
    limit,
    windowMs: WINDOW_MS,
    maxKeys,
    now: () => clock.ms,
    ...(hooks === undefined ? {} : { hooks }),
  });
  const grant = (key: string, n?: number): Reservation => {
    const answer = limiter.take(key, n);
    if (!answer.ok) throw new Error(`refused: ${answer.reason}`);
    return answer;
  };
  const refusal = (key: string, n?: number): Refusal => {
    const answer = limiter.take(key, n);
    if (answer.ok) throw new Error('granted');
    return answer;
  };
  return { clock, limiter, grant, refusal };
}

describe('a rate limiter', () => {
  it('grants up to its limit at once, to each key', () => {
    const { grant, refusal } = setup();
    for (const key of ['a', 'b']) {
      grant(key);
      grant(key, 2);
      expect(refusal(key)).toEqual({
        ok: false,
        by: 'limiter',
        name: 'limiter',
        reason: 'limit',
        retryAfterMs: WINDOW_MS + 100,
      });
    }
  });

  it('[R08] grants no second burst when a window of the clock begins', () => {
    const { clock, grant, refusal } = setup();
    clock.ms += WINDOW_MS - 1;
    grant('a', 3);
    // A counter that weighs the previous window would have granted half a burst here, and then the rest.
    for (const later of [1, WINDOW_MS / 2, WINDOW_MS - 1]) {
      clock.ms = 5_000 + WINDOW_MS - 1 + later;
      refusal('a');
    }
    clock.ms = 5_000 + 2 * WINDOW_MS;
    grant('a', 3);
  });

  it('[R07] takes nothing for a request that it refuses', () => {
    const { grant, refusal } = setup();
    grant('a');
    for (let i = 0; i < 100; i++) refusal('a', 3);
    grant('a', 2);
  });

  it('[R06] takes a refund back once', () => {
    const { limiter, grant, refusal } = setup();
    const reservation = grant('a', 3);
    expect(reservation.refund()).toBe(true);
    expect(reservation.refund()).toBe(false);
    grant('a', 3);
    refusal('a');
    expect(limiter.snapshot()).toMatchObject({ refunded: 1, refundsIgnored: 0 });
  });

  it('[R06] takes a refund back where it was granted, and not at all when that no longer counts', () => {
    const { clock, limiter, grant } = setup();
    const early = grant('a');
    const late = grant('a');
    clock.ms += WINDOW_MS + 99;
    expect(early.refund()).toBe(true);
    clock.ms += 1;
    grant('a', 3);
    expect(late.refund()).toBe(false);
    expect(limiter.take('a').ok).toBe(false);
    expect(limiter.snapshot()).toMatchObject({ refunded: 1, refundsIgnored: 1 });
  });

  it('[R06] gives nothing to the key that got the room of a forgotten one', () => {
    const { clock, limiter, grant } = setup({ maxKeys: 1 });
    const forgotten = grant('a', 3);
    clock.ms += WINDOW_MS + 100;
    grant('b', 3);
    expect(limiter.snapshot()).toMatchObject({ keys: 1, evicted: 1 });
    expect(forgotten.refund()).toBe(false);
    expect(limiter.take('b').ok).toBe(false);
  });

  it('numbers its generations by sixteenths of a window, never backwards', () => {
    const { clock, limiter, grant } = setup();
    expect(grant('a').generation).toBe(0);
    clock.ms += 250;
    expect(grant('a').generation).toBe(2);
    clock.ms -= 200;
    expect(grant('a').generation).toBe(2);
    expect(limiter.generation).toBe(2);
  });

  it('numbers the generation of now, also when nobody has taken anything since', () => {
    const { clock, limiter, grant } = setup();
    grant('a');
    clock.ms += 350;
    expect(limiter.snapshot().generation).toBe(3);
    clock.ms += 100;
    expect(limiter.generation).toBe(4);
  });

  it('says that more than the limit will never fit', () => {
    const { refusal } = setup();
    expect(refusal('a', 4)).toMatchObject({ reason: 'too-large', retryAfterMs: null });
    expect(setup({ limit: 0 }).refusal('a')).toMatchObject({ reason: 'too-large', retryAfterMs: null });
  });

  it('lets keys beyond the bound share one budget, and a key with new room start from what that has spent', () => {
    const { clock, limiter, grant, refusal } = setup({ maxKeys: 1 });
    grant('a', 3);
    clock.ms += 1_000;
    grant('b', 2);
    grant('c');
    refusal('b');
    refusal('d');
    expect(limiter.snapshot()).toMatchObject({ keys: 1, overflowed: 4, granted: 3 });
    clock.ms += 700;
    // Nothing of `a` counts, so there is room; but any key may be `b`.
    refusal('e');
    clock.ms += 1_000;
    grant('e', 3);
    expect(limiter.snapshot()).toMatchObject({ keys: 1, evicted: 1 });
  });

  it('forgets keys of which nothing counts, two at a time', () => {
    const evicted: string[] = [];
    const { clock, limiter, grant } = setup({ hooks: { onEvicted: ({ key }) => evicted.push(key) } });
    for (const key of ['a', 'b', 'c']) grant(key);
    clock.ms += WINDOW_MS + 100;
    grant('d');
    expect(evicted).toEqual(['a', 'b']);
    grant('e');
    expect(evicted).toEqual(['a', 'b', 'c']);
    expect(limiter.snapshot().keys).toBe(2);
  });

  it('keeps the counts of thousands of keys apart while it grows up to its bound, and those of all others', () => {
    const { clock, limiter, grant, refusal } = setup({ maxKeys: 5_000 });
    for (let i = 0; i < 5_000; i++) grant(`key ${i}`, 1 + (i % 3));
    grant('one too many', 2);
    grant('another one');
    for (let i = 0; i < 5_000; i++) refusal(`key ${i}`, 3 - (i % 3));
    refusal('and another');
    expect(limiter.snapshot()).toMatchObject({ keys: 5_000, granted: 5_002, refused: 5_001, overflowed: 3 });
    clock.ms += WINDOW_MS + 100;
    grant('with new room', 3);
    refusal('with new room');
  });

  it('reads its clock once for everything it decides', () => {
    let reads = 0;
    const limiter = new RateLimiter({
      limit: 1,
      windowMs: WINDOW_MS,
      now: () => {
        reads++;
        return 0;
      },
    });
    const readsOf = (act: () => unknown) => {
      reads = 0;
      act();
      return reads;
    };
    let answer: Reservation | Refusal | undefined;
    const take = () => {
      answer = limiter.take('a');
    };
    const refund = () => answer?.ok && answer.refund();
    expect([take, refund, take, take, () => limiter.snapshot()].map(readsOf)).toEqual([1, 1, 1, 1, 1]);
  });

  it('tells of refusals when they are complete, and counts hooks that throw', () => {
    const seen: unknown[] = [];
    const { limiter, grant, refusal } = setup({
      hooks: {
        onRefused: (event) => {
          seen.push(event, limiter.snapshot().refused);
          throw new Error('hook');
        },
      },
    });
    grant('a', 3);
    const answer = refusal('a', 2);
    expect(seen).toEqual([{ key: 'a', n: 2, refusal: answer }, 1]);
    expect(limiter.snapshot().hookErrors).toBe(1);
  });

  it('grants at the end of the wait it named, and not before, whatever the numbers', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e9, noNaN: true }),
        fc.double({ min: 0, max: 1e11, noNaN: true }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        (windowMs, start, elapsedMs) => {
          let clock = start;
          const limiter = new RateLimiter({ limit: 1, windowMs, now: () => clock });
          clock = start + elapsedMs;
          limiter.take('a');
          const answer = limiter.take('a');
          if (answer.ok || answer.retryAfterMs === null) throw new Error('granted');
          expect(answer.retryAfterMs).toBeGreaterThan(windowMs * 0.999 - 0.1);
          expect(answer.retryAfterMs).toBeLessThan(windowMs * (17 / 16) + 0.1);
          const refusedAt = clock;
          clock = refusedAt + answer.retryAfterMs - windowMs / 100 - 0.1;
          if (clock >= refusedAt) expect(limiter.take('a').ok).toBe(false);
          clock = refusedAt + answer.retryAfterMs;
          expect(limiter.take('a').ok).toBe(true);
        },
      ),
    );
  });

  it('is not made with options outside their range, and names them', () => {
    const options = { limit: 1, windowMs: 1_000 };
    expect(() => new RateLimiter({ ...options, limit: -1 })).toThrow(
      'Cannot create limiter: limit is -1, allowed are integers from 0 to 4,294,967,295',
    );
    expect(() => new RateLimiter({ ...options, limit: 2 ** 32 })).toThrow('limit is 4,294,967,296');
    expect(() => new RateLimiter({ ...options, windowMs: 0 })).toThrow('windowMs is 0, allowed are numbers from 1 to');
    expect(() => new RateLimiter({ ...options, windowMs: Number.NaN })).toThrow('windowMs is NaN');
    expect(() => new RateLimiter({ ...options, maxKeys: 0 })).toThrow(
      'maxKeys is 0, allowed are integers of at least 1',
    );
  });

  it.each([0, -1, 1.5, Number.NaN])('takes no amount of %s', (n) => {
    const { limiter } = setup();
    expect(() => limiter.take('a', n)).toThrow(/Cannot take from limiter: n is .*, allowed are integers of at least 1/);
    expect(limiter.snapshot()).toMatchObject({ granted: 0, refused: 0 });
  });

  it('counts up to the largest limit without wrapping', () => {
    const { grant, refusal } = setup({ limit: 2 ** 32 - 1 });
    grant('a', 2 ** 32 - 2);
    refusal('a', 2);
    grant('a', 1);
    refusal('a');
  });
});
