import type { HashedKey } from './hashed-key.ts';
import { PlaceIndex } from './place-index.ts';

/** How much a log keeps. */
export interface TextLogOptions {
  /** Entries kept at most, at least 1. */
  readonly maxEntries: number;
  /** Memory for them at most, in bytes. */
  readonly maxBytes: number;
  /** Milliseconds after which an entry is not found any more; default: never. */
  readonly keepMs?: number;
}

/** What became of a text that was to be the oldest: there may be no room left for it, or it can never be kept. */
export type Prepended = 'kept' | 'full' | 'too-large';

/** The sizes of a log. */
export interface TextLogSnapshot {
  readonly entries: number;
  /** Memory that is taken for texts. */
  readonly bytes: number;
  /** Entries that made room for others. */
  readonly evicted: number;
  /** When the youngest of these was added; absent while there is none. */
  readonly evictedAtMs?: number;
}

/** Memory is taken in pieces of this size, or of a 16th of `maxBytes` where that is less. */
const SLAB_BYTES = 1024 * 1024;
const SLABS_AT_LEAST = 16;
/** Entries begin at multiples of this, so that 32 bits can tell where. */
const UNIT_BYTES = 8;
/** Slabs are numbered in a circle, with room for as many units as an index can address. */
const SLAB_NUMBERS = 2 ** 15 - 1;
/** Bytes of the entry, hash of the key, characters of the key, a word free, time. */
const HEADER_BYTES = 24;
const TIME_AT = 16;
/** The most bytes that a character of a string becomes in UTF-8. */
const BYTES_PER_CHARACTER = 3;

/**
 * Keeps the latest texts by key, outside the heap: a million of them cost the collector of garbage nothing.
 *
 * Entries lie one after the other in slabs of bytes, found through an index of numbers. The oldest go first, by count and by bytes, one at a time; a slab whose entries are
 * all gone is used again. Adding costs O(length), amortised, finding O(length) for one that is there and O(1) else. Memory: what is used, rounded up to a
 * slab, at most `maxBytes` and one slab to spare, plus at most 32 bytes per entry; none before the first entry.
 */
export class TextLog {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  readonly #keepMs: number;
  readonly #slabBytes: number;
  readonly #index = new PlaceIndex();
  /** Oldest first. */
  readonly #slabs = new Map<number, Slab>();
  #newest: Slab | undefined;
  #oldest: Slab | undefined;
  #bytes = 0;
  #evicted = 0;
  #evictedAtMs: number | undefined;
  #spare: Buffer | undefined;

  constructor({ maxEntries, maxBytes, keepMs = Number.POSITIVE_INFINITY }: TextLogOptions) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
    this.#keepMs = keepMs;
    const share = Math.floor(maxBytes / SLABS_AT_LEAST / UNIT_BYTES) * UNIT_BYTES;
    this.#slabBytes = Math.min(SLAB_BYTES, Math.max(share, UNIT_BYTES));
  }

  /** Keeps a text; an earlier one of the same key is forgotten. `nowMs` never goes back. @returns `false` for one that is too large to be kept. */
  add(key: HashedKey, text: string, nowMs: number): boolean {
    this.#expire(nowMs);
    const former = this.#find(key);
    if (former !== undefined) this.#index.remove(key.hash, former);
    const entry = key.text + text;
    const slab = this.#slabFor(entry);
    if (slab === undefined) return false;
    slab.used = this.#write(slab, slab.used, { entry, key, atMs: nowMs });
    while (this.#index.size > this.#maxEntries) this.#evict();
    return true;
  }

  /**
   * Keeps a text as the oldest of all, unless there is a younger one of its key; nothing makes room for it. With this a log can be filled from its end: slabs are
   * filled from theirs, too. `atMs` never rises.
   */
  prepend(key: HashedKey, text: string, atMs: number): Prepended {
    if (this.#find(key) !== undefined) return 'kept';
    if (this.#index.size >= this.#maxEntries) return 'full';
    const entry = key.text + text;
    const bytes = alignedUp(HEADER_BYTES + Buffer.byteLength(entry));
    const size = Math.max(this.#slabBytes, bytes);
    if (size > this.#maxBytes) return 'too-large';
    let slab = this.#oldest;
    if (slab === undefined || slab.from < bytes) {
      if (this.#bytes + size > this.#maxBytes || this.#slabs.size === SLAB_NUMBERS) return 'full';
      slab = this.#addOldest(size);
    }
    slab.from -= bytes;
    this.#write(slab, slab.from, { entry, key, atMs });
    return 'kept';
  }

  /** The text of the key; `undefined` when there is none, or none any more. */
  find(key: HashedKey, nowMs: number): string | undefined {
    const place = this.#find(key);
    if (place === undefined) return undefined;
    const [slab, at] = this.#at(place);
    if (nowMs - slab.buffer.readDoubleLE(at + TIME_AT) > this.#keepMs) return undefined;
    return entryAt(slab.buffer, at).slice(key.text.length);
  }

  snapshot(): TextLogSnapshot {
    const { size } = this.#index;
    const evictedAtMs = this.#evictedAtMs;
    return {
      entries: size,
      bytes: this.#bytes,
      evicted: this.#evicted,
      ...(evictedAtMs !== undefined && { evictedAtMs }),
    };
  }

  #find({ hash, text }: HashedKey): number | undefined {
    return this.#index.find(hash, (place) => {
      const [{ buffer }, at] = this.#at(place);
      return buffer.readUInt32LE(at + 8) === text.length && entryAt(buffer, at).startsWith(text);
    });
  }

  #at(place: number): readonly [slab: Slab, at: number] {
    const units = SLAB_BYTES / UNIT_BYTES;
    return [this.#slabs.get(Math.floor(place / units))!, (place % units) * UNIT_BYTES];
  }

  /** The slab that has room for the entry; the oldest ones go where there is no memory for it. */
  #slabFor(entry: string): Slab | undefined {
    const newest = this.#newest;
    const room = newest === undefined ? 0 : newest.buffer.length - newest.used - HEADER_BYTES;
    // To count the bytes exactly costs as much as to write them, and is needed at the end of a slab only.
    if (entry.length * BYTES_PER_CHARACTER <= room) return newest;
    const bytes = HEADER_BYTES + Buffer.byteLength(entry);
    if (bytes - HEADER_BYTES <= room) return newest;
    const size = Math.max(this.#slabBytes, alignedUp(bytes));
    if (size > this.#maxBytes) return undefined;
    while (this.#bytes + size > this.#maxBytes || this.#slabs.size === SLAB_NUMBERS) this.#evict();
    const number = this.#newest === undefined ? 0 : (this.#newest.number + 1) % SLAB_NUMBERS;
    const slab: Slab = { number, buffer: this.#memory(size), from: 0, used: 0 };
    this.#bytes += slab.buffer.length;
    this.#slabs.set(number, slab);
    this.#newest = slab;
    this.#oldest ??= slab;
    return slab;
  }

  #addOldest(size: number): Slab {
    const number = this.#oldest === undefined ? 0 : (this.#oldest.number + SLAB_NUMBERS - 1) % SLAB_NUMBERS;
    const slab: Slab = { number, buffer: this.#memory(size), from: size, used: size };
    this.#bytes += size;
    this.#slabs.set(number, slab);
    this.#oldest = slab;
    this.#newest ??= slab;
    return slab;
  }

  /** @returns where the next entry may begin. */
  #write({ number, buffer }: Slab, at: number, { entry, key, atMs }: Entry): number {
    const bytes = HEADER_BYTES + buffer.write(entry, at + HEADER_BYTES);
    buffer.writeUInt32LE(bytes, at);
    buffer.writeUInt32LE(key.hash, at + 4);
    buffer.writeUInt32LE(key.text.length, at + 8);
    buffer.writeDoubleLE(atMs, at + TIME_AT);
    this.#index.add(key.hash, placeOf(number, at));
    return alignedUp(at + bytes);
  }

  #memory(size: number): Buffer {
    const spare = this.#spare;
    if (spare === undefined || spare.length !== size) return Buffer.allocUnsafeSlow(size);
    this.#spare = undefined;
    return spare;
  }

  /** Forgets the oldest entry, or the slab behind it. */
  #evict(): void {
    const slab = this.#oldest!;
    if (slab.from >= slab.used) {
      this.#release(slab);
      return;
    }
    const { buffer, from: at } = slab;
    slab.from = alignedUp(at + buffer.readUInt32LE(at));
    if (!this.#index.remove(buffer.readUInt32LE(at + 4), placeOf(slab.number, at))) return;
    this.#evicted += 1;
    this.#evictedAtMs = buffer.readDoubleLE(at + TIME_AT);
  }

  #release(slab: Slab): void {
    this.#slabs.delete(slab.number);
    this.#bytes -= slab.buffer.length;
    // One that was made for a large text would keep its memory for nothing.
    if (slab.buffer.length === this.#slabBytes) this.#spare = slab.buffer;
    this.#oldest = this.#slabs.get((slab.number + 1) % SLAB_NUMBERS);
    if (this.#oldest === undefined) this.#newest = undefined;
  }

  /** Forgets what has been kept long enough; at most two entries at a time, so that nobody pays for many. */
  #expire(nowMs: number): void {
    if (this.#keepMs === Number.POSITIVE_INFINITY) return;
    for (let entries = 0; entries < 2; entries += 1) {
      const slab = this.#oldest;
      if (slab === undefined) return;
      if (slab.from < slab.used && nowMs - slab.buffer.readDoubleLE(slab.from + TIME_AT) <= this.#keepMs) return;
      this.#evict();
    }
  }
}

/** A piece of memory, filled from the front, or once from its end. */
interface Slab {
  readonly number: number;
  readonly buffer: Buffer;
  /** Where its oldest entry begins. */
  from: number;
  /** Where its newest entry ends. */
  used: number;
}

/** What is written of an entry. */
interface Entry {
  /** The key, and the text behind it. */
  readonly entry: string;
  readonly key: HashedKey;
  readonly atMs: number;
}

function entryAt(buffer: Buffer, at: number): string {
  return buffer.toString('utf8', at + HEADER_BYTES, at + buffer.readUInt32LE(at));
}

function placeOf(slabNumber: number, at: number): number {
  return slabNumber * (SLAB_BYTES / UNIT_BYTES) + at / UNIT_BYTES;
}

function alignedUp(bytes: number): number {
  return Math.ceil(bytes / UNIT_BYTES) * UNIT_BYTES;
}
