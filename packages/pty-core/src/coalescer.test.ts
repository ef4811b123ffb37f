import { expect, test } from 'vitest';
import { FakeClock } from '../test/fake-clock.ts';
import { Coalescer } from './coalescer.ts';

function coalescer() {
  const clock = new FakeClock();
  const told: number[] = [];
  return { clock, told, subject: new Coalescer(1_000, clock, () => told.push(clock.now())) };
}

test('the first is told at once, what follows together at the end of the interval', async () => {
  const { clock, told, subject } = coalescer();
  for (let time = 0; time < 2_500; time += 100) {
    subject.mark();
    subject.mark();
    await clock.advance(100);
  }
  expect(told).toEqual([0, 1_000, 2_000]);
  await clock.advance(10_000);
  expect(told).toEqual([0, 1_000, 2_000, 3_000]);
  expect(clock.waiting).toBe(0);
});

test('after silence the next one is told at once again', async () => {
  const { clock, told, subject } = coalescer();
  subject.mark();
  await clock.advance(1_000);
  subject.mark();
  expect(told).toEqual([0, 1_000]);
});

test('a flush tells what waits, once, and leaves no timer', async () => {
  const { clock, told, subject } = coalescer();
  subject.flush();
  expect(told).toEqual([]);
  subject.mark();
  subject.mark();
  await clock.advance(10);
  subject.flush();
  subject.flush();
  expect(told).toEqual([0, 10]);
  expect(clock.waiting).toBe(0);
});

test('who marks from within the telling is told later', async () => {
  const clock = new FakeClock();
  let told = 0;
  const subject: Coalescer = new Coalescer(5, clock, () => {
    told += 1;
    if (told < 3) subject.mark();
  });
  subject.mark();
  expect(told).toBe(1);
  await clock.advance(100);
  expect(told).toBe(3);
});
