import { expect, it } from 'vitest';
import { risePerMinute } from './trend.ts';

const line = (perMinute: number): { atMs: number; value: number }[] =>
  Array.from({ length: 120 }, (_, second) => ({ atMs: second * 1_000, value: 80 + (perMinute * second) / 60 }));

it('finds the rise of a line, and none where there is none', () => {
  expect(risePerMinute(line(3))).toBeCloseTo(3);
  expect(risePerMinute(line(0))).toBe(0);
});

it('does not mind a few values that are far off', () => {
  const values = line(1).map((sample, index) => (index % 5 === 0 ? { ...sample, value: sample.value + 500 } : sample));
  expect(risePerMinute(values)).toBeCloseTo(1, 0);
});

it('says nothing of a single value', () => {
  expect(() => risePerMinute([{ atMs: 0, value: 1 }])).toThrow(RangeError);
});
