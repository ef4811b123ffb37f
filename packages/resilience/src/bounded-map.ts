import { type Due, DueHeap } from './due-heap.ts';
import { checkInteger, checkNumber } from './errors.ts';

/** Why an entry went: nobody used it for `idleMs`, or its place was needed. */
export type EvictionReason = 'idle' | 'full';

/** How a `BoundedMap` is bounded. */
export interface BoundedMapOptions<K, V> {
  /** Entries kept at most: an integer of at least 1. */
  readonly maxEntries: number;
  /** Milliseconds without use after which an entry goes; by default it stays until its place is needed. */
  readonly idleMs?: number;
  /**
   * The time until which a value must not be evicted: `-Infinity`, the default, lets it go at once, `Infinity` keeps it
   * until it is touched again. Must be cheap; asked whenever an entry is touched or about to go.
   */
  readonly keepUntil?: (value: V) => number;
  /** Called after an entry was evicted, not after `delete`. It may use the map. */
  readonly onEvicted?: (key: K, value: V, reason: EvictionReason) => void;
}

/** The numbers of a `BoundedMap`, plain JSON. */
export interface BoundedMapSnapshot {
  readonly entries: number;
  readonly maxEntries: number;
  /** Entries that went because nobody used them. */
  readonly evictedIdle: number;
  /** Entries that went because their place was needed. */
  readonly evictedFull: number;
  /** Times that `add` found no place, because every entry had to be kept. */
  readonly refused: number;
}

/** An entry, held by its owner to save looking it up again; valid until it is evicted or deleted, and harmless afterwards. */
export interface BoundedMapEntry<K, V> {
  readonly key: K;
  readonly value: V;
}

/** Entries looked at per access for having been idle too long. */
const SWEPT_PER_ACCESS = 2;

/**
 * A map with at most `maxEntries` entries, of which the least recently used goes first and some may not go at all.
 *
 * Every operation costs O(1), amortised over the touches, however many entries have to be kept; finding the next of those
 * that were kept for a time costs O(log n), at most once per touch. No timers: each access evicts at most two entries that
 * were idle for too long. Of entries that were kept for a time, the one whose time came first stands for all.
 *
 * Times are milliseconds of one monotonic clock, given by the caller; an earlier one than before counts as the same, and
 * without one no time passes. Memory: about 170 bytes per entry beside key and value.
 */
export class BoundedMap<K, V> {
  readonly #maxEntries: number;
  readonly #idleMs: number;
  readonly #keepUntil: ((value: V) => number) | undefined;
  readonly #onEvicted: ((key: K, value: V, reason: EvictionReason) => void) | undefined;
  readonly #entries = new Map<K, Entry<K, V>>();
  /** Entries that may go, by their last use. */
  readonly #free = new Queue<K, V>();
  /** Entries that may go at a time that is known, or later: those that were touched meanwhile are asked when it comes. */
  readonly #kept = new DueHeap<Entry<K, V>>();
  #now = Number.NEGATIVE_INFINITY;
  #evictedIdle = 0;
  #evictedFull = 0;
  #refused = 0;

  /** @throws InvalidOptionError if `maxEntries` is not an integer of at least 1, or `idleMs` is negative. */
  constructor(options: BoundedMapOptions<K, V>) {
    const { maxEntries, idleMs = Number.POSITIVE_INFINITY, keepUntil, onEvicted } = options;
    checkInteger('create map', 'maxEntries', maxEntries, 1);
    checkNumber('create map', 'idleMs', idleMs, 0, Number.POSITIVE_INFINITY);
    this.#maxEntries = maxEntries;
    this.#idleMs = idleMs;
    this.#keepUntil = keepUntil;
    this.#onEvicted = onEvicted;
  }

  /** How many entries there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** The value of a key, which counts as a use. */
  get(key: K, now: number = this.#now): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.touch(entry, now);
    return entry.value;
  }

  /** The value of a key, which does not count as a use. */
  peek(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** The entry of a key, for `touch`; not a use. */
  entry(key: K): BoundedMapEntry<K, V> | undefined {
    return this.#entries.get(key);
  }

  /**
   * Adds a key, or gives it another value, and evicts an entry if there are too many.
   *
   * Returns its entry, or `undefined` if the map is full and every entry must be kept: then nothing was added, and the
   * refusal was counted.
   */
  add(key: K, value: V, now: number = this.#now): BoundedMapEntry<K, V> | undefined {
    this.#advance(now);
    const present = this.#entries.get(key);
    if (present !== undefined) {
      present.value = value;
      this.touch(present, now);
      return present;
    }
    const victim = this.#entries.size < this.#maxEntries ? undefined : this.#oldestFree();
    if (victim === undefined && this.#entries.size >= this.#maxEntries) {
      this.#refused++;
      return undefined;
    }
    if (victim !== undefined) this.#remove(victim);
    const entry = new Entry(key, value);
    this.#entries.set(key, entry);
    this.#place(entry);
    if (victim !== undefined) {
      this.#evictedFull++;
      this.#onEvicted?.(victim.key, victim.value, 'full');
    }
    this.#sweep();
    return entry;
  }

  /**
   * Counts as a use of an entry, and asks again how long it must be kept: to be called after each change of a value that
   * changes the answer. Does nothing to an entry that has gone.
   */
  touch(entry: BoundedMapEntry<K, V>, now: number = this.#now): void {
    this.#advance(now);
    if ((entry as Entry<K, V>).present) this.#place(entry as Entry<K, V>);
    this.#sweep();
  }

  /** Removes a key, also one that must be kept; `false` if there is none. */
  delete(key: K): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#remove(entry);
    return true;
  }

  /** Keys and values, in the order in which the keys were added. */
  *entries(): IterableIterator<[K, V]> {
    for (const { key, value } of this.#entries.values()) yield [key, value];
  }

  /** Sizes and totals as plain JSON. */
  snapshot(): BoundedMapSnapshot {
    return {
      entries: this.#entries.size,
      maxEntries: this.#maxEntries,
      evictedIdle: this.#evictedIdle,
      evictedFull: this.#evictedFull,
      refused: this.#refused,
    };
  }

  #advance(now: number): void {
    if (now > this.#now) this.#now = now;
  }

  #keptUntil(entry: Entry<K, V>): number {
    return this.#keepUntil === undefined ? Number.NEGATIVE_INFINITY : this.#keepUntil(entry.value);
  }

  /** Makes the entry the one that was used last. */
  #place(entry: Entry<K, V>): void {
    entry.usedAt = this.#now;
    const keptUntil = this.#keptUntil(entry);
    // Kept for longer than it is known to be: found out when that time comes.
    if (entry.place >= 0 && keptUntil >= entry.dueAt && keptUntil !== Number.POSITIVE_INFINITY) return;
    this.#enqueue(entry, keptUntil);
  }

  #enqueue(entry: Entry<K, V>, keptUntil: number): void {
    if (keptUntil <= this.#now) {
      this.#kept.remove(entry);
      this.#free.moveToEnd(entry);
      return;
    }
    this.#free.remove(entry);
    if (keptUntil === Number.POSITIVE_INFINITY) this.#kept.remove(entry);
    else this.#kept.set(entry, keptUntil);
  }

  /** Whether an entry may go now; if it is kept after all, it leaves for where it belongs, which its last change paid for. */
  #mayGo(entry: Entry<K, V>): boolean {
    const keptUntil = this.#keptUntil(entry);
    if (keptUntil <= this.#now) return true;
    this.#enqueue(entry, keptUntil);
    return false;
  }

  #oldestFree(): Entry<K, V> | undefined {
    let free = this.#free.oldest;
    while (free !== undefined && !this.#mayGo(free)) free = this.#free.oldest;
    let due = this.#firstDue();
    while (due !== undefined && !this.#mayGo(due)) due = this.#firstDue();
    if (due === undefined || free === undefined) return due ?? free;
    return due.usedAt < free.usedAt ? due : free;
  }

  #firstDue(): Entry<K, V> | undefined {
    const { first } = this.#kept;
    return first !== undefined && first.dueAt <= this.#now ? first : undefined;
  }

  #sweep(): void {
    const idleSince = this.#now - this.#idleMs;
    for (let swept = 0; swept < SWEPT_PER_ACCESS; swept++) {
      const free = this.#free.oldest;
      if (!(free !== undefined && free.usedAt < idleSince) && this.#firstDue() === undefined) return;
      const entry = this.#oldestFree();
      if (entry === undefined || !(entry.usedAt < idleSince)) return;
      this.#remove(entry);
      this.#evictedIdle++;
      this.#onEvicted?.(entry.key, entry.value, 'idle');
    }
  }

  #remove(entry: Entry<K, V>): void {
    this.#free.remove(entry);
    this.#kept.remove(entry);
    entry.present = false;
    this.#entries.delete(entry.key);
  }
}

class Entry<K, V> implements BoundedMapEntry<K, V>, Due {
  readonly key: K;
  value: V;
  present = true;
  usedAt: number = Number.NaN;
  dueAt: number = Number.NaN;
  place = -1;
  queued = false;
  newer: Entry<K, V> | undefined = undefined;
  older: Entry<K, V> | undefined = undefined;

  constructor(key: K, value: V) {
    this.key = key;
    this.value = value;
  }
}

class Queue<K, V> {
  oldest: Entry<K, V> | undefined = undefined;
  #newest: Entry<K, V> | undefined = undefined;

  /** Makes an entry the newest, whether it is in the queue or not. */
  moveToEnd(entry: Entry<K, V>): void {
    if (entry === this.#newest) return;
    this.remove(entry);
    entry.queued = true;
    entry.older = this.#newest;
    if (this.#newest === undefined) this.oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  /** Takes an entry out, if it is in. */
  remove(entry: Entry<K, V>): void {
    if (!entry.queued) return;
    if (entry.newer === undefined) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    if (entry.older === undefined) this.oldest = entry.newer;
    else entry.older.newer = entry.newer;
    entry.queued = false;
    entry.newer = undefined;
    entry.older = undefined;
  }
}
