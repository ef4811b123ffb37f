import { expect, it } from 'vitest';
import { FramePool } from './frame-pool.ts';

it('hands a buffer out again after it was given back, at any length', () => {
  const pool = new FramePool();
  const first = pool.take(60_000);
  pool.give(first);
  const second = pool.take(3_000);
  expect(second.buffer).toBe(first.buffer);
  expect(second.length).toBe(3_000);
});

it('never hands out a buffer that is in use', () => {
  const pool = new FramePool();
  expect(pool.take(60_000).buffer).not.toBe(pool.take(60_000).buffer);
});

it('keeps no more than sixteen idle buffers, and none that are not its own', () => {
  const pool = new FramePool();
  const taken = Array.from({ length: 20 }, () => pool.take(60_000));
  for (const frame of [...taken, Buffer.alloc(60_000), pool.take(100), pool.take(200_000)]) pool.give(frame);
  const again = Array.from({ length: 20 }, () => pool.take(60_000));
  const reused = again.filter(({ buffer }) => taken.some((frame) => frame.buffer === buffer));
  expect(reused.length).toBe(16);
});
