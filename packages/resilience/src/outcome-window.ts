/** Into how many slots a window is cut: the outcome of a call is forgotten up to a tenth of the window early, never late. */
const SLOTS = 10;
/** Numbers per slot: calls, failures, slow calls. */
const WIDTH = 3;

/**
 * Calls, failures and slow calls of the last `windowMs`.
 *
 * Time is cut into slots of a tenth of the window, and a slot is forgotten whole, so that an outcome counts for at
 * least nine tenths of the window and never longer than the window, however long nothing happened. Recording and reading cost
 * at most 10 steps, whatever the number of calls. Memory: 30 numbers.
 */
export class OutcomeWindow {
  readonly #slotMs: number;
  readonly #counts: number[] = new Array<number>(SLOTS * WIDTH).fill(0);
  /** The newest slot: where its counts begin, and when it is over. */
  #at = 0;
  #endsAt: number = Number.NEGATIVE_INFINITY;
  #calls = 0;
  #failures = 0;
  #slow = 0;

  constructor(windowMs: number) {
    this.#slotMs = windowMs / SLOTS;
  }

  /** Calls within the window, as of the last `record` or `advance`. */
  get calls(): number {
    return this.#calls;
  }

  /** Those of them that failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Those of them that were slow; they may have failed too. */
  get slow(): number {
    return this.#slow;
  }

  /** Adds a call that ended now, which must not be earlier than the one before. */
  record(now: number, failed: boolean, slow: boolean): void {
    if (now >= this.#endsAt) this.#turn(now);
    const at = this.#at;
    this.#calls++;
    this.#counts[at]!++;
    if (failed) {
      this.#failures++;
      this.#counts[at + 1]!++;
    }
    if (slow) {
      this.#slow++;
      this.#counts[at + 2]!++;
    }
  }

  /** Forgets what is older than the window now. */
  advance(now: number): void {
    if (now >= this.#endsAt) this.#turn(now);
  }

  /** Forgets all. */
  clear(): void {
    this.#counts.fill(0);
    this.#calls = 0;
    this.#failures = 0;
    this.#slow = 0;
  }

  /** Begins the slot of this time, and forgets those that are a whole window away from it. */
  #turn(now: number): void {
    const slot = Math.floor(now / this.#slotMs);
    const next = Math.round(this.#endsAt / this.#slotMs);
    const from = Math.max(next, slot - SLOTS + 1);
    for (let passed = from; passed <= slot; passed++) this.#forget(place(passed));
    this.#at = place(slot);
    this.#endsAt = (slot + 1) * this.#slotMs;
  }

  #forget(at: number): void {
    this.#calls -= this.#counts[at]!;
    this.#failures -= this.#counts[at + 1]!;
    this.#slow -= this.#counts[at + 2]!;
    this.#counts[at] = 0;
    this.#counts[at + 1] = 0;
    this.#counts[at + 2] = 0;
  }
}

/** Where the counts of a slot begin: those of the slot a whole window before it are there until then. */
function place(slot: number): number {
  const rest = slot % SLOTS;
  return (rest < 0 ? rest + SLOTS : rest) * WIDTH;
}
