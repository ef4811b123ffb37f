/** Into how many slots `slowMs` is cut. */
const SLOTS = 8;
/** The share of a slot at both of its ends where only the same division can tell on which side a time lies. */
const EDGE = 1 / 1_024;
/** The share of a slot between its edges. */
const SURE = 1 - 2 * EDGE;

/**
 * How many calls have been running for longer than `slowMs`, without a list of them.
 *
 * Calls that began in the same slot of time, an eighth of `slowMs`, share a count and become overdue together, when the
 * last of them does: so a call counts never early and at most `slowMs / 8` late. Starting and ending a call cost at most
 * 9 steps, most of the time one. Memory: 10 numbers, also if calls never end.
 */
export class OverdueCalls {
  readonly #slotMs: number;
  /** Calls still running, by the slot in which they began; one slot more than `slowMs` has, for the one it begins in. */
  readonly #running: number[] = new Array<number>(SLOTS + 1).fill(0);
  /** The newest slot: its place, and the time until which others that are not before it surely belong to it. */
  #at = 0;
  #sureUntil: number = Number.NEGATIVE_INFINITY;
  #overdue = 0;

  constructor(slowMs: number) {
    this.#slotMs = slowMs / SLOTS;
  }

  /** A call begins, not earlier than the one before. */
  start(now: number): void {
    if (now >= this.#sureUntil) this.#turn(now);
    this.#running[this.#at]!++;
  }

  /** A call that began at `startedAt` ends. */
  end(startedAt: number): void {
    if (startedAt >= this.#sureUntil - SURE * this.#slotMs) this.#running[this.#at]!--;
    else this.#endEarlier(startedAt);
  }

  /** How many are overdue at a time, which may lie ahead, or are already if it lies behind; changes nothing. */
  count(now: number): number {
    let overdue = this.#overdue;
    if (now < this.#sureUntil || this.#sureUntil === Number.NEGATIVE_INFINITY) return overdue;
    const begun = this.#slot();
    const newest = Math.min(begun, Math.floor(now / this.#slotMs) - SLOTS - 1);
    for (let slot = begun - SLOTS; slot <= newest; slot++) {
      overdue += this.#running[place(slot)]!;
    }
    return overdue;
  }

  /** The number of the newest slot, counted from time 0. */
  #slot(): number {
    return Math.round(this.#sureUntil / this.#slotMs) - 1;
  }

  #endEarlier(startedAt: number): void {
    const slot = Math.floor(startedAt / this.#slotMs);
    if (this.#slot() - slot > SLOTS) this.#overdue--;
    else this.#running[place(slot)]!--;
  }

  /** Begins the slot of this time; what still runs of the slots that are more than `slowMs` away from it is overdue. */
  #turn(now: number): void {
    const slot = Math.floor(now / this.#slotMs);
    const from = Math.max(this.#slot() + 1, slot - SLOTS);
    for (let passed = from; passed <= slot; passed++) {
      const at = place(passed);
      this.#overdue += this.#running[at]!;
      this.#running[at] = 0;
    }
    this.#at = place(slot);
    this.#sureUntil = (slot + 1 - EDGE) * this.#slotMs;
  }
}

function place(slot: number): number {
  const rest = slot % (SLOTS + 1);
  return rest < 0 ? rest + SLOTS + 1 : rest;
}
