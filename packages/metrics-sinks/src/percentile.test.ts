import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentile } from './percentile.ts';

describe('a percentile', () => {
  it('lies inside of its bucket as far as its rank does', () => {
    expect(percentile([0, 100, 0], [1, 3], 0.5)).toBe(2);
    expect(percentile([90, 10, 0], [1, 3], 0.95)).toBe(2);
  });

  it('takes the first bucket to begin at 0', () => {
    expect(percentile([10, 0], [8], 0.25)).toBe(2);
  });

  it('takes all of a first bucket that is not above 0 to be at its bound', () => {
    expect(percentile([10, 0, 0], [-5, 5], 0.5)).toBe(-5);
  });

  it('is at most the last bound', () => {
    expect(percentile([1, 0, 99], [1, 2], 0.99)).toBe(2);
  });

  it('is not a number where nothing was counted', () => {
    expect(percentile([0, 0, 0], [1, 2], 0.99)).toBeNaN();
  });

  it('lies, over random values, in the bucket of the value that has this rank', () => {
    const bounds = [1, 2, 5, 10, 20, 50, 100];
    const values = fc.array(fc.double({ min: 0.001, max: 100, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(values, fc.constantFrom(0.5, 0.9, 0.95, 0.99), (values, share) => {
        const bucketOf = (value: number) => bounds.findIndex((bound) => value <= bound);
        const counts = [...bounds, Number.POSITIVE_INFINITY].map((_, index) => {
          return values.filter((value) => bucketOf(value) === index).length;
        });
        const ranked = [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1]!;
        const bucket = bucketOf(ranked);
        const found = percentile(counts, bounds, share);
        expect(found).toBeGreaterThanOrEqual(bounds[bucket - 1] ?? 0);
        expect(found).toBeLessThanOrEqual(bounds[bucket]! + 1e-9);
      }),
    );
  });
});
