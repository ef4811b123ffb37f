import { Cursor } from './cursor.ts';
import { CommitOutOfRangeError, InvalidCapacityError, OffsetOutOfRangeError } from './errors.ts';

const DEFAULTS = Object.freeze({
  capacity: 4 * 1024 * 1024,
  keepHistory: true,
});

/** How a ring treats bytes that have been consumed. */
export interface RingBufferOptions {
  /**
   * Whether consumed bytes stay readable until new ones overwrite them. Default `true`.
   *
   * With `false` a consumed byte is gone, and a ring that is empty starts again at the beginning of its storage: a stream
   * that trickles then touches a page or two of memory instead of, in time, the whole capacity.
   */
  readonly keepHistory?: boolean;
}

/** What one write did to the stream. */
export interface WriteResult {
  /** How far `end` moved: every byte offered, also those that had to be dropped at once. */
  readonly written: number;
  /** Bytes lost by this write that nobody had consumed. */
  readonly dropped: number;
}

/** The state of a ring as plain JSON; `writtenBytes = droppedBytes + clearedBytes + consumedBytes + availableBytes`, always. */
export interface RingBufferSnapshot {
  readonly capacityBytes: number;
  readonly keepHistory: boolean;
  readonly start: number;
  readonly consumed: number;
  readonly end: number;
  readonly availableBytes: number;
  readonly utilization: number;
  /** Bytes ever written; equals `end`. */
  readonly writtenBytes: number;
  /** Bytes that were overwritten before they were consumed. */
  readonly droppedBytes: number;
  /** Bytes that were consumed or skipped. */
  readonly consumedBytes: number;
  /** Bytes that `clear` threw away before they were consumed. */
  readonly clearedBytes: number;
}

/**
 * The last `capacity` bytes of a stream, addressed by absolute offset.
 *
 * ```
 *            start             consumed                 end
 *   …gone…   |  history         |  available()           |  not yet written…
 *            └──────────── at most capacity() ───────────┘
 * ```
 * The first byte ever written has offset 0, and an offset never changes its meaning: not by wrapping, not by `consume`, not by
 * `clear`. Offsets are integers, exact up to 2^53 (a gigabyte per second reaches that after 104 days).
 *
 * The writer is never refused: when the ring is full the oldest bytes go. The whole storage is allocated at construction and
 * never grows; operating systems hand out its pages when they are first written.
 *
 * Views (`viewAt`, `views`, `reserve`, `Cursor.next`) point into that storage and are valid until the next `write`, `commit`
 * or `clear`; copies (`read`, `consume`, `readAt`) belong to the caller. A count of bytes that is negative or not a number
 * counts as 0, and fractions are cut off.
 */
export class RingBuffer {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  // Held beside its bytes: the accessor `bytes.buffer` costs a call on the read path.
  readonly #storage: ArrayBuffer;
  readonly #capacity: number;
  readonly #keepHistory: boolean;
  /** Index in `#bytes` where offset `#end` will be stored; below the capacity, or 0. */
  #head = 0;
  #end = 0;
  #consumed = 0;
  /** Nothing below this offset is readable, whatever the storage still holds. */
  #origin = 0;
  #reservedBytes = 0;
  /** Where `#end` was when that was reserved: any byte written since has taken the region back, at no cost to `write`. */
  #reservedAt = 0;
  #consumedBytes = 0;
  #clearedBytes = 0;

  /**
   * Allocates the storage.
   *
   * @param capacity bytes kept; 0 is legal and drops everything. Default 4 MiB.
   * @throws InvalidCapacityError if `capacity` is not an integer of at least 0 or cannot be allocated.
   */
  constructor(capacity: number = DEFAULTS.capacity, options: RingBufferOptions = {}) {
    if (!Number.isSafeInteger(capacity) || capacity < 0) {
      throw new InvalidCapacityError(capacity, 'allowed are integers of at least 0');
    }
    this.#bytes = allocate(capacity);
    this.#storage = this.#bytes.buffer;
    this.#capacity = capacity;
    this.#keepHistory = options.keepHistory ?? DEFAULTS.keepHistory;
  }

  /** Offset of the oldest byte that can be read. */
  get start(): number {
    return this.#keepHistory ? Math.max(this.#origin, this.#end - this.#capacity) : this.#consumed;
  }

  /** Offset of the oldest byte that was neither consumed nor lost. */
  get consumed(): number {
    return this.#consumed;
  }

  /** Offset that the next byte written will get; equals the count of bytes ever written. */
  get end(): number {
    return this.#end;
  }

  /** Bytes written and not yet consumed, 0 to `capacity()`. */
  available(): number {
    return this.#end - this.#consumed;
  }

  /** Bytes this ring keeps. */
  capacity(): number {
    return this.#capacity;
  }

  /** `available()` as a share of the capacity, 0 to 1; 0 for a ring without capacity. */
  utilization(): number {
    return this.#capacity === 0 ? 0 : (this.#end - this.#consumed) / this.#capacity;
  }

  /**
   * Appends `data`, dropping the oldest bytes where there is no room; of more than `capacity()` bytes the last ones stay.
   *
   * Copies `data` once; the caller may reuse it at once. `data` must not be a view of this ring.
   */
  write(data: Uint8Array): WriteResult {
    const bytes = data.length;
    const head = this.#head;
    // Counted before the copy: so fewer values have to outlive that call, which shows with chunks of 64 bytes.
    const result = this.#advance(bytes);
    if (bytes < this.#capacity - head) {
      this.#head = head + bytes;
      this.#bytes.set(data, head);
    } else {
      this.#writeAround(data);
    }
    return result;
  }

  /**
   * Hands out the storage that follows `end`, so that a read call can fill the ring without a copy in between; `commit` then
   * makes what was filled part of the stream.
   *
   * The region is contiguous and holds at most `maxBytes`; it is shorter where the storage wraps, and empty only if
   * `maxBytes` or the capacity is 0. Nothing changes for readers until `commit`; a reservation that is not committed needs no
   * undoing. In a ring that is full, though, this storage still holds the oldest readable bytes: whatever the caller writes
   * there overwrites them, oldest first. So fill the region from its beginning and commit in the same turn exactly what was
   * filled; a system call that fills fewer bytes than reserved has harmed nothing. To lose no unconsumed byte, reserve at most
   * `capacity() - available()`. Ends with the next `write`, `reserve`, `commit` or `clear`.
   */
  reserve(maxBytes: number): Uint8Array<ArrayBuffer> {
    this.#restartIfDrained();
    this.#reservedBytes = limit(maxBytes, this.#capacity - this.#head);
    this.#reservedAt = this.#end;
    return new Uint8Array(this.#storage, this.#head, this.#reservedBytes);
  }

  /**
   * Appends the first `bytes` of the last reservation to the stream, as `write` would have; 0 gives the reservation back.
   *
   * @throws CommitOutOfRangeError if `bytes` is not an integer from 0 to the length of the region; the ring is unchanged.
   */
  commit(bytes: number): WriteResult {
    if (!Number.isInteger(bytes) || bytes < 0 || bytes > this.#reserved()) {
      throw new CommitOutOfRangeError(bytes, this.#reserved());
    }
    this.#reservedBytes = 0;
    const head = this.#head + bytes;
    this.#head = head === this.#capacity ? 0 : head;
    return this.#advance(bytes);
  }

  /** A copy of the oldest unconsumed bytes, at most `maxBytes` (default all); they stay unconsumed. */
  read(maxBytes?: number): Uint8Array<ArrayBuffer> {
    return this.#copy(this.#consumed, maxBytes);
  }

  /** A copy of the oldest unconsumed bytes, at most `maxBytes` (default all), which are then consumed. */
  consume(maxBytes?: number): Uint8Array<ArrayBuffer> {
    const copy = this.#copy(this.#consumed, maxBytes);
    this.#take(copy.length);
    return copy;
  }

  /** Moves the oldest unconsumed bytes into `target`, as many as it holds, and returns how many; `target` must not be a view of this ring. */
  consumeInto(target: Uint8Array): number {
    const bytes = Math.min(target.length, this.#end - this.#consumed);
    this.#copyInto(target, this.#consumed, bytes);
    this.#take(bytes);
    return bytes;
  }

  /**
   * Consumes everything before `offset` without a copy, and returns how many bytes that were.
   *
   * Never moves back: an offset at or below `consumed`, such as a late acknowledgement, changes nothing and returns 0.
   *
   * @throws OffsetOutOfRangeError if `offset` is not an integer from 0 to `end`.
   */
  skipTo(offset: number): number {
    this.#check('skip in ring', offset, 0);
    const skipped = Math.max(0, offset - this.#consumed);
    this.#take(skipped);
    return skipped;
  }

  /** The unconsumed bytes, in order, as no, one or two non-empty views. */
  views(): Uint8Array<ArrayBuffer>[] {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (let offset = this.#consumed; offset < this.#end; ) {
      const part = this.#view(offset, this.#end - offset);
      parts.push(part);
      offset += part.length;
    }
    return parts;
  }

  /**
   * A copy of the bytes from `offset` on, consumed or not, at most `maxBytes` (default up to `end`).
   *
   * @throws OffsetOutOfRangeError if `offset` is not an integer from `start` to `end`.
   */
  readAt(offset: number, maxBytes?: number): Uint8Array<ArrayBuffer> {
    this.#check('read from ring', offset, this.start);
    return this.#copy(offset, maxBytes);
  }

  /**
   * The bytes from `offset` on as one view, at most `maxBytes` (default up to `end`), and shorter where the storage wraps.
   *
   * Empty only at `end` or when `maxBytes` is 0.
   *
   * @throws OffsetOutOfRangeError if `offset` is not an integer from `start` to `end`.
   */
  viewAt(offset: number, maxBytes?: number): Uint8Array<ArrayBuffer> {
    this.#check('view ring', offset, this.start);
    return this.#view(offset, limit(maxBytes, this.#end - offset));
  }

  /**
   * A new reader at an offset, at the oldest readable byte (`'start'`, the default), or behind the newest (`'end'`).
   *
   * An offset below `start` is accepted: that reader's first result is the gap.
   *
   * @throws OffsetOutOfRangeError if `from` is a number but not an integer from 0 to `end`.
   */
  cursor(from: number | 'start' | 'end' = 'start'): Cursor {
    if (from === 'start') return new Cursor(this, this.start);
    if (from === 'end') return new Cursor(this, this.#end);
    this.#check('place cursor in ring', from, 0);
    return new Cursor(this, from);
  }

  /** Forgets every byte, also history; offsets go on, so that a cursor left behind gets an exact gap. */
  clear(): void {
    this.#clearedBytes += this.#end - this.#consumed;
    this.#origin = this.#end;
    this.#consumed = this.#end;
    this.#head = 0;
    this.#reservedBytes = 0;
  }

  /** Offsets, sizes and totals as plain JSON. */
  snapshot(): RingBufferSnapshot {
    return {
      capacityBytes: this.#capacity,
      keepHistory: this.#keepHistory,
      start: this.start,
      consumed: this.#consumed,
      end: this.#end,
      availableBytes: this.available(),
      utilization: this.utilization(),
      writtenBytes: this.#end,
      droppedBytes: this.#consumed - this.#consumedBytes - this.#clearedBytes,
      consumedBytes: this.#consumedBytes,
      clearedBytes: this.#clearedBytes,
    };
  }

  /** Stores `data` that reaches the end of the storage, or goes round it. */
  #writeAround(data: Uint8Array): void {
    const room = this.#capacity - this.#head;
    const excess = data.length - room;
    if (excess === 0) {
      this.#bytes.set(data, this.#head);
      this.#head = 0;
    } else if (data.length < this.#capacity) {
      this.#bytes.set(data.subarray(0, room), this.#head);
      this.#bytes.set(data.subarray(room));
      this.#head = excess;
    } else {
      this.#bytes.set(data.subarray(data.length - this.#capacity));
      this.#head = 0;
    }
  }

  /**
   * Counts `bytes` as stored, and drops what they overwrite.
   *
   * One result literal, in a method small enough to be inlined: optimised callers then allocate none.
   */
  #advance(bytes: number): WriteResult {
    const end = this.#end + bytes;
    let dropped = end - this.#capacity - this.#consumed;
    this.#end = end;
    if (dropped > 0) this.#consumed += dropped;
    else dropped = 0;
    return { written: bytes, dropped };
  }

  #reserved(): number {
    return this.#reservedAt === this.#end ? this.#reservedBytes : 0;
  }

  #take(bytes: number): void {
    this.#consumed += bytes;
    this.#consumedBytes += bytes;
    // A region handed out by `reserve` must stay the one that `commit` will append.
    if (!this.#keepHistory && this.#reserved() === 0) this.#restartIfDrained();
  }

  #restartIfDrained(): void {
    if (!this.#keepHistory && this.#consumed === this.#end) this.#head = 0;
  }

  #indexOf(offset: number): number {
    const index = this.#head - (this.#end - offset);
    return index < 0 ? index + this.#capacity : index;
  }

  #view(offset: number, bytes: number): Uint8Array<ArrayBuffer> {
    const index = this.#indexOf(offset);
    return new Uint8Array(this.#storage, index, Math.min(bytes, this.#capacity - index));
  }

  #copy(offset: number, maxBytes: number | undefined): Uint8Array<ArrayBuffer> {
    const copy = new Uint8Array(limit(maxBytes, this.#end - offset));
    this.#copyInto(copy, offset, copy.length);
    return copy;
  }

  #copyInto(target: Uint8Array, offset: number, bytes: number): void {
    const index = this.#indexOf(offset);
    const room = this.#capacity - index;
    if (bytes <= room) {
      target.set(new Uint8Array(this.#storage, index, bytes));
    } else {
      target.set(this.#bytes.subarray(index));
      target.set(this.#bytes.subarray(0, bytes - room), room);
    }
  }

  #check(action: string, offset: number, from: number): void {
    if (!Number.isInteger(offset) || offset < from || offset > this.#end) {
      throw new OffsetOutOfRangeError(action, offset, from, this.#end);
    }
  }
}

function allocate(capacity: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(capacity);
  } catch (cause) {
    throw new InvalidCapacityError(capacity, 'which this engine cannot allocate', { cause });
  }
}

function limit(maxBytes: number | undefined, bytes: number): number {
  if (maxBytes === undefined || maxBytes >= bytes) return bytes;
  return maxBytes > 0 ? Math.floor(maxBytes) : 0;
}
