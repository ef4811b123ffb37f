import { expect, it } from 'vitest';
import { WorkClock } from './work-clock.ts';

it('counts from its beginning, and from whatever happens then', () => {
  let now = 1_000;
  const work = new WorkClock(() => now);
  now += 30;
  expect(work.quietMs).toBe(30);
  work.note();
  expect(work.quietMs).toBe(0);
  now += 7;
  expect(work.quietMs).toBe(7);
});

it('is not quiet while anything runs, and counts from the end of the last', () => {
  let now = 0;
  const work = new WorkClock(() => now);
  const [first, second] = [work.begin(), work.begin()];
  now += 100;
  first();
  now += 100;
  expect(work.quietMs).toBe(0);
  second();
  expect(work.quietMs).toBe(0);
  now += 5;
  expect(work.quietMs).toBe(5);
});
