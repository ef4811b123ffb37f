import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Growth } from './growth.ts';

const totals = (...values: number[]): Float64Array => Float64Array.from(values);

describe('growth', () => {
  it('is from reading to reading without a window', () => {
    const growth = new Growth(totals(100), 0, 0);
    expect([growth.read(totals(130), 1_000), [...growth.grown]]).toEqual([1_000, [30]]);
    expect([growth.read(totals(130), 3_000), [...growth.grown]]).toEqual([2_000, [0]]);
    expect([growth.read(totals(150), 4_000), [...growth.grown]]).toEqual([1_000, [20]]);
  });

  it('counts a total that has begun anew from 0', () => {
    const growth = new Growth(totals(100, 5), 0, 0);
    growth.read(totals(7, 6), 1_000);
    expect([...growth.grown]).toEqual([7, 1]);
  });

  it('begins anew when the clock goes back, and goes on from there', () => {
    const growth = new Growth(totals(0), 0, 9_000);
    growth.read(totals(5), 10_000);
    expect([growth.read(totals(10), 1_000), [...growth.grown]]).toEqual([0, [0]]);
    expect([growth.read(totals(17), 2_000), [...growth.grown]]).toEqual([1_000, [7]]);
    expect([growth.read(totals(18), 3_000), [...growth.grown]]).toEqual([1_000, [1]]);
  });

  it('begins anew also when the clock goes back within the window', () => {
    const growth = new Growth(totals(0), 10_000, 0);
    growth.read(totals(5), 8_000);
    growth.read(totals(6), 7_000);
    expect([growth.read(totals(9), 9_000), [...growth.grown]]).toEqual([2_000, [3]]);
  });

  it('is over no time at the moment it begins', () => {
    expect(new Growth(totals(1), 0, 500).read(totals(2), 500)).toBe(0);
  });

  it('is over the window to twice that', () => {
    const growth = new Growth(totals(0), 1_000, 0);
    const spans = [200, 400, 600, 800, 1_000, 1_200, 1_800, 2_000, 2_200].map((now) => growth.read(totals(now), now));
    expect(spans).toEqual([200, 400, 600, 800, 1_000, 1_200, 1_800, 1_000, 1_200]);
  });

  it('is, over random readings, what was added in the time it says', () => {
    const reading = fc.record({
      gapMs: fc.integer({ min: 1, max: 500 }),
      added: fc.integer({ min: 0, max: 9 }),
      restart: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000 }), fc.array(reading, { maxLength: 50 }), (windowMs, readings) => {
        const growth = new Growth(totals(0), windowMs, 0);
        const log: { at: number; added: number }[] = [];
        let now = 0;
        let total = 0;
        for (const { gapMs, added, restart } of readings) {
          now += gapMs;
          // A new beginning shows only if the new total is below the old one.
          const restarts = restart && added < total;
          total = restarts ? added : total + added;
          log.push({ at: now, added });
          const spanMs = growth.read(totals(total), now);
          const since = now - spanMs;
          const expected = log.filter(({ at }) => at > since).reduce((sum, one) => sum + one.added, 0);
          expect(growth.grown[0]).toBe(expected);
          expect(spanMs).toBeGreaterThanOrEqual(Math.min(windowMs, now));
          expect(spanMs).toBeLessThan(Math.max(2 * windowMs, gapMs) + 500);
        }
      }),
    );
  });
});
