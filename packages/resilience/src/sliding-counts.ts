/** Parts into which a window is cut; a power of two, so that the length of a part is exact. */
export const SLOTS_PER_WINDOW = 16;

/** The window that ends now touches one slot more than it is long. */
const SLOTS = SLOTS_PER_WINDOW + 1;
const WORDS = SLOTS + 1;
/** Where a row keeps the sum of its slots. */
const SUM = SLOTS;

/** Rows to begin with; then half as many again whenever they run out, up to the most there will be. */
const FIRST_ROWS = 16;

/**
 * Rows of counts by slot of time, each row a window that slides over its last 17 slots.
 *
 * Slots are numbered from 0 and shared by all rows: what happens in slot `s` is counted there, and counts until slot
 * `s + 17` begins. All rows lie in three typed arrays, 88 bytes each, which grow by half up to `maxRows` and never
 * shrink; adding, taking back and summing cost O(1). Nothing is checked: the owner asks for rows it has, never for more
 * than `maxRows`, in slots that never go back.
 */
export class SlidingCounts {
  /** Seventeen counts per row, a slot's in place `slot % 17`, and their sum. */
  #words = new Uint32Array(FIRST_ROWS * WORDS);
  /** The slot that each row has moved to. */
  #slots = new Float64Array(FIRST_ROWS);
  /** The slot in which each row was last added to. */
  #added = new Float64Array(FIRST_ROWS);
  #rows = 0;
  readonly #maxRows: number;
  readonly #free: number[] = [];

  constructor(maxRows: number) {
    this.#maxRows = maxRows;
  }

  /** A row without counts. */
  allocate(slot: number): number {
    const row = this.#free.pop() ?? this.#rows++;
    if (row === this.#slots.length) this.#grow();
    this.#words.fill(0, row * WORDS, (row + 1) * WORDS);
    this.#slots[row] = slot;
    this.#added[row] = Number.NEGATIVE_INFINITY;
    return row;
  }

  /** Takes a row back, to be handed out again. */
  release(row: number): void {
    this.#free.push(row);
  }

  /** What the row counts in `slot`, after everything older than 17 slots has gone. */
  sum(row: number, slot: number): number {
    if (slot !== this.#slots[row]) this.#advance(row, slot);
    return this.#words[row * WORDS + SUM]!;
  }

  /** The slot in which the row was last added to. */
  lastAdded(row: number): number {
    return this.#added[row]!;
  }

  /** Counts `n` in `slot`, to which the row has been moved by `sum`. */
  add(row: number, slot: number, n: number): void {
    const first = row * WORDS;
    this.#added[row] = slot;
    this.#words[first + (slot % SLOTS)]! += n;
    this.#words[first + SUM]! += n;
  }

  /** Takes `n` out of `slot`, which still counts. */
  remove(row: number, slot: number, n: number): void {
    const first = row * WORDS;
    this.#words[first + (slot % SLOTS)]! -= n;
    this.#words[first + SUM]! -= n;
  }

  /** Makes `target` count what `source` counts; both have been moved to the same slot. */
  copy(source: number, target: number): void {
    this.#words.copyWithin(target * WORDS, source * WORDS, (source + 1) * WORDS);
  }

  /** The first slot in which the row, which counts more in `slot`, will count at most `most` if nothing is added. */
  slotWithAtMost(row: number, slot: number, most: number): number {
    const words = this.#words;
    const first = row * WORDS;
    let place = slot % SLOTS;
    let newest = slot;
    // As many of the newest slots as fit; the one before them has to go.
    for (let sum = words[first + place]!; sum <= most; sum += words[first + place]!) {
      place = place === 0 ? SLOTS_PER_WINDOW : place - 1;
      newest--;
    }
    return newest + SLOTS;
  }

  #advance(row: number, slot: number): void {
    const first = row * WORDS;
    const from = this.#slots[row]!;
    if (slot - from >= SLOTS) {
      this.#words.fill(0, first, first + WORDS);
    } else {
      for (let next = from + 1; next <= slot; next++) {
        const at = first + (next % SLOTS);
        this.#words[first + SUM]! -= this.#words[at]!;
        this.#words[at] = 0;
      }
    }
    this.#slots[row] = slot;
  }

  #grow(): void {
    const rows = Math.min(this.#rows + (this.#rows >> 1), this.#maxRows);
    const words = new Uint32Array(rows * WORDS);
    words.set(this.#words);
    this.#words = words;
    const slots = new Float64Array(rows);
    slots.set(this.#slots);
    this.#slots = slots;
    const added = new Float64Array(rows);
    added.set(this.#added);
    this.#added = added;
  }
}
