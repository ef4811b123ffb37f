const PERIOD_MS = 5;

/** Notes how late the timers of this process are: what everything else on its event loop has to wait. */
export class TimerLag {
  /** One value per look, in milliseconds. */
  readonly lagsMs: number[] = [];
  #dueMs = 0;
  #timer: NodeJS.Timeout;

  /** Looks every five milliseconds until stopped, and calls `onTick` then. */
  constructor(onTick: () => void) {
    this.#timer = this.#next(onTick);
  }

  /** Looks no more. A timer that is overdue at this moment counts. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#note();
  }

  #next(onTick: () => void): NodeJS.Timeout {
    this.#dueMs = performance.now() + PERIOD_MS;
    return setTimeout(() => {
      this.#note();
      this.#timer = this.#next(onTick);
      onTick();
    }, PERIOD_MS);
  }

  #note(): void {
    this.lagsMs.push(Math.max(0, performance.now() - this.#dueMs));
  }
}
