import { expect, test } from 'vitest';
import { median, medianRatio, pairedRounds, percentile, samplesOf } from './rounds.ts';

test('every contestant runs once per round and the order rotates', async () => {
  const turns: string[] = [];
  const contestants = new Map(['a', 'b', 'c'].map((name) => [name, async () => turns.push(name)]));
  const rounds = await pairedRounds(contestants, { rounds: 3 });
  expect(turns.join('')).toBe('abcbcacab');
  expect(samplesOf(rounds, 'a')).toEqual([1, 6, 8]);
});

test('a contestant that throws ends the run', async () => {
  const contestants = new Map([['a', () => Promise.reject(new Error('server died'))]]);
  await expect(pairedRounds(contestants, { rounds: 2 })).rejects.toThrow('server died');
});

test('the median ratio is taken within rounds, so a slow round does not count twice', () => {
  const rounds = [
    { a: 2, b: 1 },
    { a: 20, b: 10 },
    { a: 300, b: 100 },
  ].map((round) => new Map(Object.entries(round)));
  expect(medianRatio(rounds, 'a', 'b', (sample) => sample)).toBe(2);
});

test('samples of somebody who did not run are refused', () => {
  expect(() => samplesOf([new Map([['a', 1]])], 'b')).toThrow(RangeError);
});

test('the median of an even count is the mean of the two middle values', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 9, 1, 2])).toBe(5.5);
  expect(() => median([])).toThrow(RangeError);
});

test('a percentile is the nearest rank and sorts by number', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(values, 0.5)).toBe(50);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile(values, 1)).toBe(100);
  expect(percentile([7], 0.01)).toBe(7);
});
