import { expect, it } from 'vitest';
import { Random } from './random.ts';

it('gives the same numbers again with the same seed, and others with the next one', () => {
  const numbers = (seed: number): number[] => {
    const random = new Random(seed);
    return Array.from({ length: 20 }, () => random.below(1_000));
  };
  expect(numbers(7)).toEqual(numbers(7));
  expect(numbers(7)).not.toEqual(numbers(8));
});

it('reaches every number below the end about as often, and none beyond', () => {
  const random = new Random(1);
  const counts = new Array<number>(10).fill(0);
  for (let left = 100_000; left > 0; left--) counts[random.below(10)]! += 1;
  expect(counts).toHaveLength(10);
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});
