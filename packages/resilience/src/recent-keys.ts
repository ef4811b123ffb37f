/** Stands before the oldest and behind the newest row, so that neither end is a special case. */
const ENDS = 0;

/**
 * Keys in the order of their last use, each with the number of a row that its owner keeps for it.
 *
 * What a map of the entries of a linked list would be, with arrays in place of the entries: 70 to 110 bytes per key
 * beside the key itself, and every operation costs O(1). Nothing is checked: rows are small integers from 1 on, one per key.
 */
export class RecentKeys {
  readonly #rows = new Map<string, number>();
  /** By row. */
  readonly #keys: string[] = [''];
  readonly #older: number[] = [ENDS];
  readonly #newer: number[] = [ENDS];

  /** How many keys there are. */
  get size(): number {
    return this.#rows.size;
  }

  /** The row of a key, which does not count as a use. */
  row(key: string): number | undefined {
    return this.#rows.get(key);
  }

  /** The row whose key was used the longest ago, if there is any. */
  get oldest(): number | undefined {
    const row = this.#newer[ENDS]!;
    return row === ENDS ? undefined : row;
  }

  /** Adds a key that is not there, as the one that was used last. */
  add(key: string, row: number): void {
    this.#rows.set(key, row);
    this.#keys[row] = key;
    this.#append(row);
  }

  /** Makes the key of a row the one that was used last. */
  touch(row: number): void {
    this.#unlink(row);
    this.#append(row);
  }

  /** Removes the key of a row, and returns it. */
  remove(row: number): string {
    const key = this.#keys[row]!;
    this.#unlink(row);
    this.#rows.delete(key);
    this.#keys[row] = '';
    return key;
  }

  #append(row: number): void {
    const newest = this.#older[ENDS]!;
    this.#newer[newest] = row;
    this.#older[row] = newest;
    this.#newer[row] = ENDS;
    this.#older[ENDS] = row;
  }

  #unlink(row: number): void {
    const older = this.#older[row]!;
    const newer = this.#newer[row]!;
    this.#newer[older] = newer;
    this.#older[newer] = older;
  }
}
