import fc from 'fast-check';
import { expect, it } from 'vitest';
import { InputMeter } from './input-meter.ts';

const RATE = 1000;

/** A meter whose time stands still until it is told. */
class Bench {
  now = 0;
  paused = false;
  pauses = 0;
  wakesAt: number | undefined;
  #wake: (() => void) | undefined;
  readonly meter = new InputMeter({
    bytesPerSecond: RATE,
    pause: () => {
      this.paused = true;
      this.pauses += 1;
    },
    resume: () => {
      this.paused = false;
    },
    now: () => this.now,
    timers: {
      set: (act, delayMs) => {
        if (this.#wake !== undefined) throw new Error('two timers at once');
        this.#wake = act;
        this.wakesAt = this.now + delayMs;
        return 1 as unknown as NodeJS.Timeout;
      },
      clear: () => {
        this.#wake = undefined;
      },
    },
  });

  get hasTimer(): boolean {
    return this.#wake !== undefined;
  }

  /** Lets time pass until the timer, if there is one. */
  sleep(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    this.now = this.wakesAt ?? this.now;
    wake?.();
  }

  /** Lets time pass until reading goes on. @returns how long that took. */
  untilResumed(): number {
    const since = this.now;
    while (this.paused) this.sleep();
    return this.now - since;
  }
}

it('lets a burst of one second through and has no timer for it', () => {
  const bench = new Bench();
  bench.meter.received(400);
  bench.meter.received(600);
  expect([bench.paused, bench.hasTimer]).toEqual([false, false]);
});

it('pauses from the first byte that is too much until it is paid for', () => {
  const bench = new Bench();
  bench.meter.received(1000);
  bench.meter.received(1);
  expect(bench.paused).toBe(true);
  expect(bench.untilResumed()).toBe(1);
  expect(bench.hasTimer).toBe(false);
});

it('takes what arrives while it is paused for a debt, and pauses only once', () => {
  const bench = new Bench();
  bench.meter.received(1500);
  bench.meter.received(250);
  expect(bench.untilResumed()).toBe(750);
  expect(bench.pauses).toBe(1);
});

it('lets a message through that is larger than the bucket, and takes the time it costs', () => {
  const bench = new Bench();
  bench.meter.received(10_000);
  expect(bench.untilResumed()).toBe(9000);
});

it('does nothing for nothing, and nothing after the close', () => {
  const bench = new Bench();
  bench.meter.received(0);
  expect(bench.paused).toBe(false);
  bench.meter.received(2000);
  bench.meter.close();
  bench.meter.close();
  expect(bench.hasTimer).toBe(false);
  bench.meter.received(5000);
  expect([bench.paused, bench.hasTimer]).toEqual([true, false]);
});

it('lets a sender that waits whenever it is told have exactly its rate over time', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 2000 }))),
      (messages) => {
        const bench = new Bench();
        let sent = 0;
        for (const [bytes, silenceMs] of messages) {
          bench.now += silenceMs;
          bench.meter.received(bytes);
          sent += bytes;
          bench.untilResumed();
          // Never more than a bucket and what has flowed into it since the start.
          expect(sent).toBeLessThanOrEqual(RATE + (RATE * bench.now) / 1000 + 0.001);
        }
      },
    ),
  );
});
