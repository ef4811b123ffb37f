import { expect, test } from 'vitest';
import { FakeClock } from '../test/fake-clock.ts';
import { settledWithin } from './settled-within.ts';

test('a promise that resolves ends the wait and leaves no timer', async () => {
  const clock = new FakeClock();
  await settledWithin(clock, 10_000, Promise.resolve());
  expect(clock.waiting).toBe(0);
});

test('the end of the time ends the wait, with and without a promise', async () => {
  const clock = new FakeClock();
  let over = 0;
  const count = (): void => {
    over += 1;
  };
  void settledWithin(clock, 20, new Promise(() => {})).then(count);
  void settledWithin(clock, 20).then(count);
  await clock.advance(19);
  expect(over).toBe(0);
  await clock.advance(1);
  expect(over).toBe(2);
  expect(clock.waiting).toBe(0);
});
