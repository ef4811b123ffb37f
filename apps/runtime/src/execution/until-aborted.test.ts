import { expect, it } from 'vitest';
import { untilAborted } from './until-aborted.ts';

it('starts nothing under a signal that has aborted', async () => {
  let started = false;
  const work = untilAborted(
    async () => {
      started = true;
    },
    AbortSignal.abort(new Error('before')),
  );
  await expect(work).rejects.toThrow('before');
  expect(started).toBe(false);
});

it('rejects with the reason as soon as the signal aborts, and swallows what the work does afterwards', async () => {
  const controller = new AbortController();
  let fail!: (error: Error) => void;
  const work = untilAborted(
    () =>
      new Promise((_, reject) => {
        fail = reject;
      }),
    controller.signal,
  );
  controller.abort(new Error('enough'));
  await expect(work).rejects.toThrow('enough');
  fail(new Error('nobody listens'));
});
