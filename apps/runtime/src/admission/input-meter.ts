import { type Clock, monotonicNow, TokenBucket } from '@sessiond/resilience';
import type { ReadingGate } from '../transports/reading-gate.ts';

/** Where the meter gets its wake-up call from; a test gives its own. */
export interface MeterTimers {
  set(act: () => void, delayMs: number): NodeJS.Timeout;
  clear(timer: NodeJS.Timeout): void;
}

/** What a meter watches and how it slows it down. */
export interface InputMeterOptions {
  /** What may be read per second, and at once after silence. */
  readonly bytesPerSecond: number;
  /** Reading has to stop until {@link InputMeterOptions.resume}. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Monotonic milliseconds; default `performance.now`. */
  readonly now?: Clock | undefined;
  readonly timers?: MeterTimers | undefined;
}

// Keeps the process alive: a standard input that is not read does not, and would never be read to its end.
const PLATFORM_TIMERS: MeterTimers = {
  set: (act, delayMs) => setTimeout(act, delayMs),
  clear: (timer) => clearTimeout(timer),
};

/**
 * Reads from one connection at the rate it may have: what was read beyond it is a debt, and while there is one, nothing more is read. Nothing
 * is refused and nothing dropped; what is not read waits in the kernel and then at the client, whose own sending stops.
 *
 * A debt is at most one message and what of the next ones had arrived with it. There is a timer only while there is a debt.
 */
export class InputMeter {
  readonly #options: InputMeterOptions;
  readonly #bucket: TokenBucket;
  readonly #timers: MeterTimers;
  #owedBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** A meter that slows one transport down. */
  static of(reading: ReadingGate, bytesPerSecond: number): InputMeter {
    return new InputMeter({
      bytesPerSecond,
      pause: () => reading.pause('rate'),
      resume: () => reading.resume('rate'),
    });
  }

  constructor(options: InputMeterOptions) {
    const { bytesPerSecond, now = monotonicNow, timers = PLATFORM_TIMERS } = options;
    this.#options = options;
    this.#bucket = new TokenBucket({ name: 'input', ratePerSecond: bytesPerSecond, burst: bytesPerSecond, now });
    this.#timers = timers;
  }

  /** So much was read. Pauses before it returns, if that was too much. */
  received(bytes: number): void {
    if (this.#closed) return;
    const isPaused = this.#owedBytes > 0;
    this.#owedBytes += bytes;
    if (isPaused) return;
    this.#pay();
    if (this.#owedBytes > 0) this.#options.pause();
  }

  /** Stops measuring; does not resume. Idempotent. */
  close(): void {
    this.#closed = true;
    if (this.#timer !== undefined) this.#timers.clear(this.#timer);
    this.#timer = undefined;
  }

  /** Pays as much of the debt as the bucket gives, at most a bucket at a time, and comes back for the rest. */
  #pay(): void {
    const { bytesPerSecond } = this.#options;
    while (this.#owedBytes > 0) {
      const bytes = Math.min(this.#owedBytes, bytesPerSecond);
      const answer = this.#bucket.take(bytes);
      if (!answer.ok) {
        this.#timer = this.#timers.set(() => this.#wake(), Math.ceil(answer.retryAfterMs ?? 0));
        return;
      }
      this.#owedBytes -= bytes;
    }
  }

  #wake(): void {
    this.#timer = undefined;
    this.#pay();
    if (this.#owedBytes === 0) this.#options.resume();
  }
}
