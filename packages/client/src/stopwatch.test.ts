import { expect, it } from 'vitest';
import { stopwatch } from './stopwatch.ts';

it.each([
  ['both clocks go on', 5, 5, 5],
  ['the machine slept, which the monotonic clock does not count', 5, 3_600_000, 3_600_000],
  ['the wall clock was set back', 5, -3_600_000, 5],
])('tells how long it has been when %s', (_, monotonicMs, wallMs, expected) => {
  const clocks = { now: 1_000, wall: 1_700_000_000_000 };
  const elapsed = stopwatch(
    () => clocks.now,
    () => clocks.wall,
  );
  expect(elapsed()).toBe(0);
  clocks.now += monotonicMs;
  clocks.wall += wallMs;
  expect(elapsed()).toBe(expected);
});
