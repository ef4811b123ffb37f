import { expect, it } from 'vitest';
import { Deadlines } from './deadlines.ts';

/** A clock whose timers fire when it is moved on. */
class FakeTime {
  nowMs = 0;
  readonly timers = new Map<object, { readonly act: () => void; readonly atMs: number }>();
  readonly deadlines = new Deadlines({
    now: () => this.nowMs,
    timers: {
      set: (act, delayMs) => {
        const timer = {};
        this.timers.set(timer, { act, atMs: this.nowMs + delayMs });
        return timer;
      },
      clear: (timer) => void this.timers.delete(timer as object),
    },
  });

  pass(ms: number): void {
    for (const until = this.nowMs + ms; this.nowMs < until; this.nowMs += 1) this.#fire();
    this.#fire();
  }

  #fire(): void {
    for (const [timer, { act, atMs }] of this.timers) {
      if (atMs > this.nowMs) continue;
      this.timers.delete(timer);
      act();
    }
  }
}

it('calls back when time is up, once, in the order in which the deadlines pass', () => {
  const time = new FakeTime();
  const passed: string[] = [];
  const note = (name: string) => () => void passed.push(`${name} at ${time.nowMs}`);
  time.deadlines.set(10, note('a'));
  time.pass(3);
  time.deadlines.set(10, note('b'));
  time.deadlines.set(2, note('c'));
  time.pass(50);
  expect(passed).toEqual(['c at 5', 'a at 10', 'b at 13']);
});

it('calls nobody whose deadline was cleared, before it or from another one', () => {
  const time = new FakeTime();
  const passed: string[] = [];
  const first = time.deadlines.set(10, () => {
    passed.push('first');
    second.clear();
    first.clear();
  });
  const second = time.deadlines.set(10, () => void passed.push('second'));
  const third = time.deadlines.set(10, () => void passed.push('third'));
  third.clear();
  third.clear();
  time.pass(20);
  expect(passed).toEqual(['first']);
});

it('has one timer for all of one duration, and none for what is long over', () => {
  const time = new FakeTime();
  const all = Array.from({ length: 1_000 }, () => time.deadlines.set(10, () => {}));
  expect(time.timers.size).toBe(1);
  for (const deadline of all) deadline.clear();
  time.pass(11);
  expect(time.timers.size).toBe(0);
  for (let ms = 1; ms <= 1_000; ms += 1) time.deadlines.set(1_000_000 + ms, () => {}).clear();
  expect(time.timers.size).toBeLessThanOrEqual(64);
});
