/**
 * How much running totals have grown over the last `windowMs` or somewhat longer.
 *
 * Keeps two earlier readings, the younger of which becomes the older when it is old enough: so growth is measured over `windowMs` to twice that, and
 * over one reading to the next with a window of 0. A total that is less than it was has begun anew at 0, and counts from there. A clock that goes
 * back begins a new window, as nobody knows in which time the totals have grown until then.
 *
 * Memory is four numbers for each total; a reading allocates nothing.
 */
export class Growth {
  /** What the totals had grown by when they were last read, since the beginning of the window. Overwritten by the next reading. */
  readonly grown: Float64Array;
  readonly #windowMs: number;
  readonly #last: Float64Array;
  readonly #sum: Float64Array;
  readonly #start: Float64Array;
  readonly #middle: Float64Array;
  #startAt = 0;
  #middleAt = 0;
  #readAt = 0;

  /** @param totals what they are at `now`; zeros for those that did not exist then. */
  constructor(totals: Float64Array, windowMs: number, now: number) {
    this.#windowMs = windowMs;
    this.#last = new Float64Array(totals.length);
    this.grown = new Float64Array(totals.length);
    this.#sum = new Float64Array(totals.length);
    this.#start = new Float64Array(totals.length);
    this.#middle = new Float64Array(totals.length);
    this.restart(totals, now);
  }

  /** Forgets all growth until `now`. @param totals what they are at `now`. */
  restart(totals: Float64Array, now: number): void {
    this.#last.set(totals);
    this.#sum.fill(0);
    this.#start.fill(0);
    this.#middle.fill(0);
    this.#startAt = now;
    this.#middleAt = now;
    this.#readAt = now;
  }

  /** Takes in what the totals are now. @returns the milliseconds in which they have grown by {@link grown}; 0 if none have passed. */
  read(totals: Float64Array, now: number): number {
    if (now < this.#readAt) this.restart(totals, now);
    this.#readAt = now;
    if (now - this.#middleAt >= this.#windowMs && now > this.#middleAt) this.#roll(now);
    for (let index = 0; index < totals.length; index++) {
      const total = totals[index]!;
      const last = this.#last[index]!;
      this.#sum[index]! += total < last ? total : total - last;
      this.#last[index] = total;
      this.grown[index] = this.#sum[index]! - this.#start[index]!;
    }
    if (this.#middleAt === now) this.#middle.set(this.#sum);
    return now - this.#startAt;
  }

  #roll(now: number): void {
    this.#start.set(this.#middle);
    this.#startAt = this.#middleAt;
    this.#middleAt = now;
  }
}
