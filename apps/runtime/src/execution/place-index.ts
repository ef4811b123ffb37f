/** Tables by the upper bits of the hash: one that grows is a 64th of the whole, so that growing never takes long. */
const SHARDS = 64;
const SHARD_SHIFT = 26;
const FIRST_SLOTS = 16;
const EMPTY = 0;

/**
 * Finds places, which are integers from 0 to 2^32 - 2, by 32-bit hashes; several may have the same.
 *
 * Numbers in flat arrays: the collector of garbage has nothing to look at, however many there are. Adding, finding and removing cost O(1) on average;
 * 64 small tables grow one at a time, each in well under a millisecond for a million places. Memory: 11 to 32 bytes per place; it does not shrink.
 */
export class PlaceIndex {
  readonly #shards: (Shard | undefined)[] = new Array<Shard | undefined>(SHARDS).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(hash: number, place: number): void {
    const at = hash >>> SHARD_SHIFT;
    const shard = this.#shards[at] ?? new Shard(FIRST_SLOTS);
    this.#shards[at] = shard;
    shard.add(hash, place);
    this.#size += 1;
  }

  /** The first place of the hash that fits. */
  find(hash: number, fits: (place: number) => boolean): number | undefined {
    return this.#shards[hash >>> SHARD_SHIFT]?.find(hash, fits);
  }

  /** @returns whether it was there. */
  remove(hash: number, place: number): boolean {
    const removed = this.#shards[hash >>> SHARD_SHIFT]?.remove(hash, place) ?? false;
    if (removed) this.#size -= 1;
    return removed;
  }
}

/** One table: open addressing with linear probing, at most two thirds full; removal moves the followers up, so that there are no graves. */
class Shard {
  #hashes: Uint32Array;
  /** Places plus 1. */
  #places: Uint32Array;
  #mask: number;
  #used = 0;

  constructor(slots: number) {
    this.#hashes = new Uint32Array(slots);
    this.#places = new Uint32Array(slots);
    this.#mask = slots - 1;
  }

  add(hash: number, place: number): void {
    if ((this.#used + 1) * 3 > (this.#mask + 1) * 2) this.#grow();
    this.#put(hash, place + 1);
    this.#used += 1;
  }

  find(hash: number, fits: (place: number) => boolean): number | undefined {
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const place = this.#places[slot]!;
      if (place === EMPTY) return undefined;
      if (this.#hashes[slot] === hash && fits(place - 1)) return place - 1;
    }
  }

  remove(hash: number, place: number): boolean {
    let slot = hash & this.#mask;
    while (this.#places[slot] !== place + 1 || this.#hashes[slot] !== hash) {
      if (this.#places[slot] === EMPTY) return false;
      slot = (slot + 1) & this.#mask;
    }
    this.#moveUp(slot);
    this.#used -= 1;
    return true;
  }

  /** Empties the slot, moving those up behind it that would not be found across the hole. */
  #moveUp(hole: number): void {
    for (let slot = (hole + 1) & this.#mask; this.#places[slot] !== EMPTY; slot = (slot + 1) & this.#mask) {
      const fromHome = (slot - (this.#hashes[slot]! & this.#mask)) & this.#mask;
      if (fromHome < ((slot - hole) & this.#mask)) continue;
      this.#hashes[hole] = this.#hashes[slot]!;
      this.#places[hole] = this.#places[slot]!;
      hole = slot;
    }
    this.#places[hole] = EMPTY;
  }

  #grow(): void {
    const [hashes, places] = [this.#hashes, this.#places];
    const slots = places.length * 2;
    this.#hashes = new Uint32Array(slots);
    this.#places = new Uint32Array(slots);
    this.#mask = slots - 1;
    for (let slot = 0; slot < places.length; slot += 1) {
      if (places[slot] !== EMPTY) this.#put(hashes[slot]!, places[slot]!);
    }
  }

  #put(hash: number, place: number): void {
    let slot = hash & this.#mask;
    while (this.#places[slot] !== EMPTY) slot = (slot + 1) & this.#mask;
    this.#hashes[slot] = hash;
    this.#places[slot] = place;
  }
}
