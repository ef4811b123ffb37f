import type { HashedKey } from './hashed-key.ts';

/** Buckets there are; twice as many as entries on the day when everything the daemon lets in at once has a key. */
const BUCKETS = 16_384;

/**
 * Finds what comes and goes quickly by its key: a `Map` for entries that live for microseconds.
 *
 * A `Map` copies itself every few dozen removals, and a copy that has grown old keeps everything that was in it, and what that leads to, until the next full collection of garbage: with
 * commands in it this cost more than the command. Here an entry leaves nothing behind. O(1); bounded by who fills it.
 */
export class RunTable<T> {
  readonly #buckets: (Entry<T> | undefined)[] = new Array<Entry<T> | undefined>(BUCKETS).fill(undefined);

  get(key: HashedKey): T | undefined {
    for (let entry = this.#buckets[bucketOf(key)]; entry !== undefined; entry = entry.next) {
      if (entry.key === key.text) return entry.value;
    }
    return undefined;
  }

  /** Adds an entry for a key that has none, or puts a value in the place of another. */
  set(key: HashedKey, value: T): void {
    const bucket = bucketOf(key);
    const first = this.#buckets[bucket];
    for (let entry = first; entry !== undefined; entry = entry.next) {
      if (entry.key !== key.text) continue;
      entry.value = value;
      return;
    }
    this.#buckets[bucket] = { key: key.text, value, next: first };
  }

  /** Removes the entry of the key if it is this value. */
  delete(key: HashedKey, value: T): void {
    const bucket = bucketOf(key);
    let before: Entry<T> | undefined;
    for (let entry = this.#buckets[bucket]; entry !== undefined; before = entry, entry = entry.next) {
      if (entry.key !== key.text || entry.value !== value) continue;
      if (before === undefined) this.#buckets[bucket] = entry.next;
      else before.next = entry.next;
      entry.next = undefined;
      return;
    }
  }
}

interface Entry<T> {
  readonly key: string;
  value: T;
  next: Entry<T> | undefined;
}

function bucketOf({ hash }: HashedKey): number {
  return hash & (BUCKETS - 1);
}
