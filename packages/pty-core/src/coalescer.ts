import type { Clock } from './clock.ts';

/**
 * Lets something be told at most once per interval: at once if nothing was told lately, else when the interval is over,
 * together with what has come until then. Costs one comparison while something waits.
 */
export class Coalescer {
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #tell: () => void;
  #nextAt = Number.NEGATIVE_INFINITY;
  #waiting = false;
  #cancel: () => void = () => {};

  constructor(intervalMs: number, clock: Clock, tell: () => void) {
    this.#intervalMs = intervalMs;
    this.#clock = clock;
    this.#tell = tell;
  }

  /** There is something to tell. */
  mark(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    const waitMs = this.#nextAt - this.#clock.now();
    if (waitMs <= 0) this.flush();
    else this.#cancel = this.#clock.after(waitMs, () => this.flush(), { background: true });
  }

  /** Tells at once what waits. Leaves no timer behind. */
  flush(): void {
    if (!this.#waiting) return;
    this.#cancel();
    this.#waiting = false;
    this.#nextAt = this.#clock.now() + this.#intervalMs;
    this.#tell();
  }
}
