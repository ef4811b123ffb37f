import { expect, test } from 'vitest';
import { settledWithin } from './settled-within.ts';

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('a promise that resolves ends the wait and leaves no timer', async () => {
  const before = timers();
  const begun = performance.now();
  await settledWithin(10_000, Promise.resolve());
  expect(performance.now() - begun).toBeLessThan(5_000);
  expect(timers()).toBe(before);
});

test('the end of the time ends the wait', async () => {
  const begun = performance.now();
  await settledWithin(20, new Promise(() => {}));
  await settledWithin(20);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(38);
});
