import { expect, it } from 'vitest';
import { bytesText, countText, durationText } from './quantity-text.ts';

it.each([
  [0, '0 B'],
  [1_023, '1023 B'],
  [1_024, '1.0 KiB'],
  [10_188, '9.9 KiB'],
  [10_189, '10 KiB'],
  [1_048_063, '1023 KiB'],
  [1_048_064, '1.0 MiB'],
  [5 * 2 ** 40, '5.0 TiB'],
  [5_000 * 2 ** 40, '5000 TiB'],
])('writes %d bytes as %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

it.each([
  [0, '0 ms'],
  [999.9, '999 ms'],
  [1_234, '1.2 s'],
  [12_900, '12 s'],
  [60_000, '1 min'],
  [185_000, '3 min 5 s'],
  [7_800_000, '2 h 10 min'],
  [349_200_000, '4 d 1 h'],
])('writes %d milliseconds as %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

it('counts in the plural but one', () => {
  expect([0, 1, 1_204].map((value) => countText(value, 'session'))).toEqual([
    '0 sessions',
    '1 session',
    '1,204 sessions',
  ]);
});
