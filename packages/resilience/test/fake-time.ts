import type { Timers } from '../src/timer.ts';

interface FakeTimer {
  readonly at: number;
  readonly act: () => void;
}

/** A clock that a test moves, and timers that fire when it does. */
export class FakeTime implements Timers {
  ms = 0;
  readonly #pending = new Set<FakeTimer>();

  readonly now = (): number => this.ms;

  /** Timers that were set and neither fired nor cleared. */
  get pending(): number {
    return this.#pending.size;
  }

  set(act: () => void, delayMs: number): FakeTimer {
    const timer = { at: this.ms + delayMs, act };
    this.#pending.add(timer);
    return timer;
  }

  clear(timer: unknown): void {
    this.#pending.delete(timer as FakeTimer);
  }

  /** Moves the clock, and fires what falls due, in order, each at its time. */
  advance(ms: number): void {
    const until = this.ms + ms;
    for (;;) {
      const [next] = [...this.#pending].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#pending.delete(next);
      this.ms = Math.max(this.ms, next.at);
      next.act();
    }
    this.ms = until;
  }
}
