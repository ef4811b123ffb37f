/** What a `DueHeap` orders. */
export interface Due {
  /** Set by the heap alone while the item is in it. */
  dueAt: number;
  /** Where in the heap it is; -1: not in it. */
  place: number;
}

/** Items by the time at which they are due: the earliest is found at once, every change costs O(log n). */
export class DueHeap<T extends Due> {
  readonly #items: T[] = [];

  /** The item that is due first. */
  get first(): T | undefined {
    return this.#items[0];
  }

  /** Adds an item, or moves one that is in it. */
  set(item: T, dueAt: number): void {
    if (item.place < 0) item.place = this.#items.push(item) - 1;
    item.dueAt = dueAt;
    this.#rise(item);
    this.#sink(item);
  }

  /** Takes an item out, if it is in. */
  remove(item: T): void {
    const { place } = item;
    if (place < 0) return;
    const last = this.#items.pop()!;
    item.place = -1;
    if (last === item) return;
    this.#put(last, place);
    this.#rise(last);
    this.#sink(last);
  }

  #put(item: T, place: number): void {
    this.#items[place] = item;
    item.place = place;
  }

  #rise(item: T): void {
    while (item.place > 0) {
      const { place } = item;
      const parent = this.#items[(place - 1) >> 1]!;
      if (parent.dueAt <= item.dueAt) return;
      this.#put(item, parent.place);
      this.#put(parent, place);
    }
  }

  #sink(item: T): void {
    for (;;) {
      const { place } = item;
      const left = this.#items[2 * place + 1];
      const right = this.#items[2 * place + 2];
      const child = right !== undefined && right.dueAt < left!.dueAt ? right : left;
      if (child === undefined || child.dueAt >= item.dueAt) return;
      this.#put(item, child.place);
      this.#put(child, place);
    }
  }
}
