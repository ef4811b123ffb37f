import type { FeedItem } from './agent-feed.ts';

/** Entries taken before the array gives their places back. */
const COMPACT_AT = 1_024;

/** Items that arrived and that the consumer has not taken yet, in order; bounded by its owner, who looks at {@link FeedQueue.chars}. */
export class FeedQueue {
  #items: { readonly item: FeedItem; readonly chars: number }[] = [];
  #head = 0;
  #chars = 0;

  /** Characters that wait, as they were on the wire. */
  get chars(): number {
    return this.#chars;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: FeedItem, chars: number): void {
    this.#items.push({ item, chars });
    this.#chars += chars;
  }

  /** Takes the oldest item out, or `undefined` when nothing waits. */
  shift(): FeedItem | undefined {
    const entry = this.#items[this.#head];
    if (entry === undefined) return undefined;
    this.#head += 1;
    this.#chars -= entry.chars;
    if (this.#head === this.#items.length) this.clear();
    else if (this.#head === COMPACT_AT) {
      this.#items = this.#items.slice(COMPACT_AT);
      this.#head = 0;
    }
    return entry.item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
    this.#chars = 0;
  }
}
