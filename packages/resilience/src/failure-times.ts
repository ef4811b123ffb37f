/**
 * The times of the last `limit` failures: enough to know exactly whether so many lie within a window, whatever happened
 * between them.
 *
 * Recording costs the same however many failures there were. Memory: 8 bytes times `limit`, from the first failure on.
 */
export class FailureTimes {
  readonly #limit: number;
  readonly #windowMs: number;
  #times: number[] | undefined = undefined;
  #next = 0;

  constructor(limit: number, windowMs: number) {
    this.#limit = limit;
    this.#windowMs = windowMs;
  }

  /** Adds a failure, not earlier than the one before, and tells whether `limit` of them are now younger than the window. */
  record(now: number): boolean {
    this.#times ??= new Array<number>(this.#limit).fill(Number.NEGATIVE_INFINITY);
    this.#times[this.#next] = now;
    this.#next = this.#next + 1 === this.#limit ? 0 : this.#next + 1;
    return this.full(now);
  }

  /** Whether `limit` failures are younger than the window. */
  full(now: number): boolean {
    return this.#times !== undefined && now - this.#times[this.#next]! < this.#windowMs;
  }

  /** How many of the last `limit` failures are younger than the window; looks at each of them. */
  count(now: number): number {
    return this.#times?.filter((time) => now - time < this.#windowMs).length ?? 0;
  }

  /** Forgets all. */
  clear(): void {
    this.#times?.fill(Number.NEGATIVE_INFINITY);
  }
}
