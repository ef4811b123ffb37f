import { expect, it } from 'vitest';
import { type HeartbeatMember, HeartbeatWheel } from './heartbeat-wheel.ts';

const SLOTS = 64;

/** A turn of a second is 64 ticks of 15.6 ms; 250 ms to answer are 16 ticks. */
const options = { heartbeatMs: 1000, heartbeatTimeoutMs: 250 };

class Member implements HeartbeatMember {
  bytesReceived = 0;
  bufferedBytes = 0;
  readingPaused = false;
  readingResumed = 0;
  pings = 0;
  expired = 0;
  answers = true;
  ping(): void {
    this.pings += 1;
    if (this.answers) this.bytesReceived += 6;
  }
  expire(): void {
    this.expired += 1;
  }
}

function run(wheel: HeartbeatWheel, ticks: number): void {
  for (let tick = 0; tick < ticks; tick += 1) wheel.tick();
}

it('pings every member once per turn and keeps those that answer', () => {
  const wheel = new HeartbeatWheel(options);
  const members = Array.from({ length: 200 }, () => new Member());
  const leaves = members.map((member) => wheel.add(member));
  run(wheel, 3 * SLOTS);
  expect(new Set(members.map(({ pings }) => pings))).toEqual(new Set([3]));
  expect(members.filter(({ expired }) => expired > 0)).toEqual([]);
  for (const leave of leaves) leave();
});

it('spreads the pings: no tick has more than its share', () => {
  const wheel = new HeartbeatWheel(options);
  const members = Array.from({ length: 640 }, () => new Member());
  const leaves = members.map((member) => wheel.add(member));
  let before = 0;
  for (let tick = 0; tick < SLOTS; tick += 1) {
    wheel.tick();
    const now = members.reduce((sum, { pings }) => sum + pings, 0);
    expect(now - before).toBe(10);
    before = now;
  }
  for (const leave of leaves) leave();
});

it('ends a member that gave no sign of life within the time to answer, not sooner', () => {
  const wheel = new HeartbeatWheel(options);
  const lost = new Member();
  lost.answers = false;
  const leave = wheel.add(lost);
  while (lost.pings === 0) wheel.tick();
  run(wheel, 15);
  expect(lost.expired).toBe(0);
  run(wheel, 1);
  expect(lost.expired).toBe(1);
  leave();
});

it('takes anything a client sends for an answer', () => {
  const wheel = new HeartbeatWheel(options);
  const busy = new Member();
  busy.answers = false;
  const leave = wheel.add(busy);
  for (let tick = 0; tick < 3 * SLOTS; tick += 1) {
    busy.bytesReceived += 1;
    wheel.tick();
  }
  expect([busy.pings, busy.expired]).toEqual([3, 0]);
  leave();
});

it('never ends a slow reader: bytes that are stuck excuse silence', () => {
  const wheel = new HeartbeatWheel(options);
  const slow = new Member();
  slow.answers = false;
  slow.bufferedBytes = 1;
  const leave = wheel.add(slow);
  run(wheel, 3 * SLOTS);
  expect([slow.pings, slow.expired]).toEqual([0, 0]);
  slow.bufferedBytes = 0;
  while (slow.pings === 0) wheel.tick();
  slow.bufferedBytes = 1;
  run(wheel, SLOTS - 1);
  expect(slow.expired).toBe(0);
  leave();
});

it('does not take a client for lost that it did not listen to meanwhile, and looks again the next time', () => {
  const wheel = new HeartbeatWheel(options);
  const throttled = new Member();
  throttled.answers = false;
  const leave = wheel.add(throttled);
  while (throttled.pings === 0) wheel.tick();
  throttled.readingPaused = true;
  run(wheel, 8);
  // Right before the judgement: whatever came meanwhile lies in the kernel.
  throttled.readingPaused = false;
  throttled.readingResumed += 1;
  run(wheel, SLOTS - 9);
  expect(throttled.expired).toBe(0);
  run(wheel, SLOTS);
  expect([throttled.pings, throttled.expired]).toEqual([2, 1]);
  leave();
});

it('pings whom it does not read, too, so that the kernel finds out whether anybody is there, and judges by nothing', () => {
  const wheel = new HeartbeatWheel(options);
  const paused = new Member();
  paused.answers = false;
  paused.readingPaused = true;
  const leave = wheel.add(paused);
  run(wheel, 3 * SLOTS);
  expect([paused.pings, paused.expired]).toEqual([3, 0]);
  leave();
});

it('forgets a member that left, once', () => {
  const wheel = new HeartbeatWheel(options);
  const member = new Member();
  const leave = wheel.add(member);
  leave();
  leave();
  run(wheel, 2 * SLOTS);
  expect([member.pings, wheel.snapshot().members]).toEqual([0, 0]);
});
