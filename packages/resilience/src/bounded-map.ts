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
   *
   * A value that was touched later must not have an earlier finite time than one touched before it. Where it has, it is
   * kept as long as the other: too long, never too short.
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
 * Every operation costs O(1), amortised over the touches, however many entries have to be kept: entries that may go and
 * entries whose time has yet to come stand in two queues of their own, those kept for good in none. No timers: each
 * access evicts at most two entries that were idle for too long.
 *
 * Times are milliseconds of one monotonic clock, given by the caller; an earlier one than before counts as the same, and
 * without one no time passes. Memory: about 150 bytes per entry beside key and value.
 */
export class BoundedMap<K, V> {
  readonly #maxEntries: number;
  readonly #idleMs: number;
  readonly #keepUntil: ((value: V) => number) | undefined;
  readonly #onEvicted: ((key: K, value: V, reason: EvictionReason) => void) | undefined;
  readonly #entries = new Map<K, Entry<K, V>>();
  /** Entries that may go, by their last use. */
  readonly #free = new Queue<K, V>();
  /** Entries that may go at a time that is known, by their last use, which orders them by that time too. */
  readonly #waiting = new Queue<K, V>();
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

  /** Makes the entry the most recent one of the queue it belongs into. */
  #place(entry: Entry<K, V>): void {
    entry.usedAt = this.#now;
    this.#enqueue(entry, this.#keptUntil(entry));
  }

  #enqueue(entry: Entry<K, V>, keptUntil: number): void {
    const queue =
      keptUntil <= this.#now ? this.#free : keptUntil === Number.POSITIVE_INFINITY ? undefined : this.#waiting;
    if (entry.queue !== undefined) {
      if (entry.queue === queue && entry.newer === undefined) return;
      entry.queue.remove(entry);
    }
    queue?.push(entry);
  }

  /**
   * The least recently used entry that may go.
   *
   * An entry that turns out to be kept after all leaves the end of its queue, which its last change paid for: so the
   * search takes O(1) amortised, and finds nothing only if there is nothing.
   */
  #oldestFree(): Entry<K, V> | undefined {
    for (;;) {
      const free = this.#free.oldest;
      const waiting = this.#waiting.oldest;
      const first = free === undefined || (waiting !== undefined && waiting.usedAt < free.usedAt) ? waiting : free;
      if (first === undefined) return undefined;
      const keptUntil = this.#keptUntil(first);
      if (keptUntil <= this.#now) return first;
      if (first === free || keptUntil === Number.POSITIVE_INFINITY) {
        this.#enqueue(first, keptUntil);
        continue;
      }
      // Whatever waits behind the first one has to wait at least as long.
      if (free === undefined) return undefined;
      const freeUntil = this.#keptUntil(free);
      if (freeUntil <= this.#now) return free;
      this.#enqueue(free, freeUntil);
    }
  }

  #sweep(): void {
    for (let swept = 0; swept < SWEPT_PER_ACCESS; swept++) {
      const idleSince = this.#now - this.#idleMs;
      const free = this.#free.oldest;
      const waiting = this.#waiting.oldest;
      if (!(free !== undefined && free.usedAt < idleSince) && !(waiting !== undefined && waiting.usedAt < idleSince)) {
        return;
      }
      const entry = this.#oldestFree();
      if (entry === undefined || entry.usedAt >= idleSince) return;
      this.#remove(entry);
      this.#evictedIdle++;
      this.#onEvicted?.(entry.key, entry.value, 'idle');
    }
  }

  #remove(entry: Entry<K, V>): void {
    entry.queue?.remove(entry);
    entry.present = false;
    this.#entries.delete(entry.key);
  }
}

class Entry<K, V> implements BoundedMapEntry<K, V> {
  readonly key: K;
  value: V;
  present = true;
  usedAt: number = Number.NaN;
  queue: Queue<K, V> | undefined = undefined;
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

  push(entry: Entry<K, V>): void {
    entry.queue = this;
    entry.older = this.#newest;
    if (this.#newest === undefined) this.oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  remove(entry: Entry<K, V>): void {
    if (entry.newer === undefined) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    if (entry.older === undefined) this.oldest = entry.newer;
    else entry.older.newer = entry.newer;
    entry.queue = undefined;
    entry.newer = undefined;
    entry.older = undefined;
  }
}
