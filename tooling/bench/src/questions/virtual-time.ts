import { setImmediate as nextTask } from 'node:timers/promises';

interface Timer {
  readonly due: number;
  readonly everyMs: number | null;
  readonly act: () => void;
}

/**
 * Time that passes when it is told to, for code that reads the clocks and timers of the platform.
 *
 * Not every library takes a clock; so `Date.now`, `performance.now`, `setTimeout` and `setInterval` are replaced while
 * {@link inVirtualTime} runs.
 */
export class VirtualTime {
  /** Milliseconds since it began. */
  now = 0;
  readonly #timers = new Map<number, Timer>();
  #lastId = 0;

  /** Lets time pass: timers fire when they are due, in order, each after all that could follow from the one before. */
  async advance(ms: number): Promise<void> {
    const until = this.now + ms;
    for (;;) {
      await settled();
      const [id, next] = this.#next() ?? [];
      if (id === undefined || next === undefined || next.due > until) break;
      this.now = Math.max(this.now, next.due);
      if (next.everyMs === null) this.#timers.delete(id);
      else this.#timers.set(id, { ...next, due: this.now + next.everyMs });
      next.act();
    }
    this.now = until;
    await settled();
  }

  /** Starts a timer; what it returns is as much of one as libraries use. */
  set(act: (...args: unknown[]) => void, delayMs: number, args: unknown[], repeats: boolean): object {
    const id = ++this.#lastId;
    const waitMs = Math.max(1, Number(delayMs) || 0);
    this.#timers.set(id, { due: this.now + waitMs, everyMs: repeats ? waitMs : null, act: () => act(...args) });
    const timer = { id, ref: () => timer, unref: () => timer, hasRef: () => true };
    return timer;
  }

  /** Stops a timer. */
  clear(timer: unknown): void {
    if (typeof timer === 'object' && timer !== null && 'id' in timer) this.#timers.delete(timer.id as number);
  }

  #next(): [number, Timer] | undefined {
    let earliest: [number, Timer] | undefined;
    for (const entry of this.#timers) {
      if (earliest === undefined || entry[1].due < earliest[1].due) earliest = entry;
    }
    return earliest;
  }
}

/** Until promises that can go on without time have done so. */
export async function settled(): Promise<void> {
  await nextTask();
}

/** A moment long after the start of any process, and exact in binary. */
const EPOCH_MS = 2 ** 40;

/** Runs `act` in virtual time, and puts the real one back whatever happens. Not to be nested. */
export async function inVirtualTime<T>(act: (time: VirtualTime) => Promise<T>): Promise<T> {
  const time = new VirtualTime();
  const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
  const dateNow = Date.now;
  const clear = (timer: unknown): void => time.clear(timer);
  Object.assign(globalThis, {
    setTimeout: (callback: () => void, ms: number, ...args: unknown[]) => time.set(callback, ms, args, false),
    setInterval: (callback: () => void, ms: number, ...args: unknown[]) => time.set(callback, ms, args, true),
    clearTimeout: clear,
    clearInterval: clear,
  });
  Date.now = () => EPOCH_MS + time.now;
  // Hides the method of the prototype.
  performance.now = () => EPOCH_MS + time.now;
  try {
    return await act(time);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval });
    Date.now = dateNow;
    Reflect.deleteProperty(performance, 'now');
  }
}
