/** How long nothing has been done in a session: nothing ran in it, and nothing was told of it. */
export class WorkClock {
  #running = 0;
  #lastMs: number = performance.now();

  /** Milliseconds since the last work; 0 while some runs. */
  get quietMs(): number {
    return this.#running > 0 ? 0 : performance.now() - this.#lastMs;
  }

  /** Something happened. */
  note(): void {
    this.#lastMs = performance.now();
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
