/** How long nothing has been done in a session: nothing ran in it, and nothing else was noted. */
export class WorkClock {
  readonly #now: () => number;
  #running = 0;
  #lastMs: number;

  /** @param now monotonic milliseconds; default `performance.now`. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#lastMs = now();
  }

  /** Milliseconds since the last work, or since it was made if there was none; 0 while some runs. */
  get quietMs(): number {
    return this.#running > 0 ? 0 : this.#now() - this.#lastMs;
  }

  /** Something happened. */
  note(): void {
    this.#lastMs = this.#now();
  }

  /** Something begins to run. @returns how to say that it is over, which is done once. */
  begin(): () => void {
    this.#running += 1;
    return () => {
      this.#running -= 1;
      this.note();
    };
  }
}
