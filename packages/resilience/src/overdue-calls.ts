/** Into how many slots `slowMs` is cut. */
const SLOTS = 16;

/**
 * How many calls have been running for longer than `slowMs`, without a list of them.
 *
 * Calls that began in the same slot of time, a sixteenth of `slowMs`, share a count and become overdue together, when the
 * last of them does: so a call counts never early and at most `slowMs / 16` late. Starting and ending a call cost at most
 * 17 steps, most of the time one. Memory: 18 numbers, also if calls never end.
 */
export class OverdueCalls {
  readonly #slotMs: number;
  /** Calls still running, by the slot in which they began; one slot more than `slowMs` has, for the one it begins in. */
  readonly #running: number[] = new Array<number>(SLOTS + 1).fill(0);
  #slot: number = Number.NEGATIVE_INFINITY;
  #overdue = 0;

  constructor(slowMs: number) {
    this.#slotMs = slowMs / SLOTS;
  }

  /** A call begins, not earlier than the one before. */
  start(now: number): void {
    this.#advance(now);
    this.#running[place(this.#slot)]!++;
  }

  /** A call that began at `startedAt` ends. */
  end(startedAt: number, now: number): void {
    this.#advance(now);
    const slot = this.#slotOf(startedAt);
    if (this.#slot - slot > SLOTS) this.#overdue--;
    else this.#running[place(slot)]!--;
  }

  /** How many are overdue now. */
  count(now: number): number {
    this.#advance(now);
    return this.#overdue;
  }

  #advance(now: number): void {
    const slot = this.#slotOf(now);
    if (slot <= this.#slot) return;
    const from = Math.max(this.#slot + 1, slot - SLOTS);
    for (let passed = from; passed <= slot; passed++) {
      const at = place(passed);
      this.#overdue += this.#running[at]!;
      this.#running[at] = 0;
    }
    this.#slot = slot;
  }

  #slotOf(time: number): number {
    return Math.floor(time / this.#slotMs);
  }
}

function place(slot: number): number {
  const rest = slot % (SLOTS + 1);
  return rest < 0 ? rest + SLOTS + 1 : rest;
}
