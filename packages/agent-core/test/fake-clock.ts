import type { Clock } from '../src/clock.ts';

interface Timer {
  readonly at: number;
  readonly act: () => void;
}

/** Time that passes only when told to. */
export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now = 0;

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.size;
  }

  readonly now = (): number => this.#now;

  readonly after = (delayMs: number, act: () => void): (() => void) => {
    const timer = { at: this.#now + delayMs, act };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Lets time pass: calls what becomes due, in order, and lets the promises that follow from it settle in between. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settled();
    for (let next = this.#nextBefore(until); next !== undefined; next = this.#nextBefore(until)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.act();
      await settled();
    }
    this.#now = until;
  }

  #nextBefore(until: number): Timer | undefined {
    return [...this.#timers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at)[0];
  }
}

/** Lets promises settle that wait for nothing but each other. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}
