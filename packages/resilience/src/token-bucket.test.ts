import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

function setup(ratePerSecond = 1_000, burst = 500) {
  const clock = { ms: 42 };
  return { clock, bucket: new TokenBucket({ ratePerSecond, burst, now: () => clock.ms }) };
}

describe('a token bucket', () => {
  it('is full at first, and fills at its rate up to its burst', () => {
    const { clock, bucket } = setup();
    expect(bucket.take(500)).toEqual({ ok: true });
    expect(bucket.take(1)).toEqual({ ok: false, by: 'bucket', name: 'bucket', reason: 'limit', retryAfterMs: 1 });
    clock.ms += 200;
    expect(bucket.snapshot().available).toBe(200);
    expect(bucket.take(200).ok).toBe(true);
    clock.ms += 1e9;
    expect(bucket.snapshot()).toEqual({
      name: 'bucket',
      ratePerSecond: 1_000,
      burst: 500,
      available: 500,
      taken: 700,
      refused: 1,
      hookErrors: 0,
    });
  });

  it('[R07] takes nothing for a request that it refuses', () => {
    const { bucket } = setup();
    bucket.take(400);
    for (let i = 0; i < 100; i++) expect(bucket.take(101).ok).toBe(false);
    expect(bucket.take(100).ok).toBe(true);
  });

  it('says that more than its burst will never fit', () => {
    const { bucket } = setup();
    expect(bucket.take(501)).toEqual({
      ok: false,
      by: 'bucket',
      name: 'bucket',
      reason: 'too-large',
      retryAfterMs: null,
    });
    expect(bucket.waitMs(501)).toBeNull();
  });

  it('tells the wait without taking', () => {
    const { bucket } = setup();
    bucket.take(500);
    expect(bucket.waitMs(100)).toBe(100);
    expect(bucket.waitMs(0)).toBe(0);
    expect(bucket.snapshot()).toMatchObject({ taken: 500, refused: 0 });
  });

  it('stands still while its clock goes back', () => {
    const { clock, bucket } = setup();
    bucket.take(500);
    clock.ms += 100;
    expect(bucket.take(100).ok).toBe(true);
    clock.ms -= 1_000;
    expect(bucket.take(1).ok).toBe(false);
    clock.ms += 1_001;
    expect(bucket.take(1).ok).toBe(true);
    expect(bucket.take(1).ok).toBe(false);
  });

  it('names a wait after which it grants, also when its clock has gone back', () => {
    const { clock, bucket } = setup();
    bucket.take(500);
    clock.ms -= 1_000;
    expect(bucket.waitMs(1)).toBe(1_001);
    expect(bucket.take(1)).toMatchObject({ reason: 'limit', retryAfterMs: 1_001 });
    clock.ms += 1_000;
    expect(bucket.take(1)).toMatchObject({ reason: 'limit', retryAfterMs: 1 });
    clock.ms += 1;
    expect(bucket.take(1).ok).toBe(true);
  });

  it('reads its clock once for everything it decides', () => {
    let reads = 0;
    const bucket = new TokenBucket({
      ratePerSecond: 1,
      burst: 1,
      now: () => {
        reads++;
        return 0;
      },
    });
    reads = 0;
    bucket.take(1);
    bucket.take(1);
    bucket.waitMs(1);
    bucket.snapshot();
    expect(reads).toBe(4);
  });

  it('tells of refusals when they are complete, and counts hooks that throw', () => {
    const seen: unknown[] = [];
    const bucket: TokenBucket = new TokenBucket({
      ratePerSecond: 1,
      burst: 1,
      now: () => 0,
      hooks: {
        onRefused: (refusal) => {
          seen.push(refusal, bucket.snapshot().refused);
          throw new Error('hook');
        },
      },
    });
    const refusal = bucket.take(2);
    expect(seen).toEqual([refusal, 1]);
    expect(bucket.snapshot().hookErrors).toBe(1);
  });

  it.each([-1, Number.NaN])('takes no amount of %s', (n) => {
    const { bucket } = setup();
    expect(() => bucket.take(n)).toThrow(/Cannot take from bucket: n is .*, allowed are numbers of at least 0/);
    expect(() => bucket.waitMs(n)).toThrow('Cannot take from bucket');
    expect(bucket.snapshot()).toMatchObject({ taken: 0, refused: 0 });
  });

  it.each(['ratePerSecond', 'burst'] as const)('is not made with a %s of 0 or less', (option) => {
    expect(() => new TokenBucket({ ratePerSecond: 1, burst: 1, [option]: 0 })).toThrow(
      `Cannot create bucket: ${option} is 0, allowed are numbers from 0.001 to`,
    );
    expect(() => new TokenBucket({ ratePerSecond: 1, burst: 1, [option]: Number.NaN })).toThrow(`${option} is NaN`);
  });

  it('is what a bucket that is refilled all the time would be', () => {
    const step = fc.record({ waitMs: fc.integer({ min: -5, max: 40 }), n: fc.integer({ min: 0, max: 60 }) });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(step),
        (perMs, burst, steps) => {
          const { clock, bucket } = setup(perMs * 1_000, burst);
          let [level, latest] = [burst, clock.ms];
          for (const { waitMs, n } of steps) {
            clock.ms = Math.max(0, clock.ms + waitMs);
            for (; latest < clock.ms; latest++) level = Math.min(burst, level + perMs);
            const answer = bucket.take(n);
            expect(answer.ok).toBe(n <= level);
            if (answer.ok) level -= n;
            else if (n > burst) expect(answer.retryAfterMs).toBeNull();
            else expect(answer.retryAfterMs).toBeCloseTo(latest - clock.ms + (n - level) / perMs, 2);
            expect(bucket.snapshot().available).toBeCloseTo(level, 6);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('grants at the end of the wait it named, and never more than burst and rate allow, whatever the numbers', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 1e12, noNaN: true }),
        fc.double({ min: 0.001, max: 1e12, noNaN: true }),
        fc.double({ min: 0, max: 1e9, noNaN: true }),
        fc.array(share, { minLength: 1, maxLength: 50 }),
        (ratePerSecond, burst, start, shares) => {
          // A burst that takes longer to fill than a clock can tell apart has no exact wait.
          fc.pre(burst / ratePerSecond < 1e6);
          let clock = start;
          const bucket = new TokenBucket({ ratePerSecond, burst, now: () => clock });
          let taken = 0;
          for (const part of shares) {
            const n = part * burst;
            const answer = bucket.take(n);
            if (!answer.ok) {
              clock += answer.retryAfterMs!;
              expect(bucket.take(n).ok).toBe(true);
            }
            taken += n;
            const roundingMs = 1e-6 * shares.length;
            const allowed = burst + (ratePerSecond / 1_000) * (clock - start + roundingMs);
            expect(taken).toBeLessThanOrEqual(allowed * (1 + 1e-9));
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
