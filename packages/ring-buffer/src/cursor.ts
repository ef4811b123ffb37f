/** What a cursor reads from; `RingBuffer` is one. */
export interface CursorSource {
  /** Offset of the oldest byte still readable. */
  readonly start: number;
  /** Offset that the next byte written will get. */
  readonly end: number;
  /** The bytes at `offset`, without a copy; shorter than `maxBytes` where the storage wraps, empty only at `end`. */
  viewAt(offset: number, maxBytes?: number): Uint8Array<ArrayBuffer>;
}

/** Bytes in stream order. `bytes` is a view into the ring: use or copy it before the next write. */
export interface CursorBytes {
  readonly kind: 'bytes';
  /** Absolute offset of the first byte. */
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The reader was overtaken: bytes `from` (inclusive) to `to` (exclusive) can no longer be read. */
export interface CursorGap {
  readonly kind: 'gap';
  readonly from: number;
  readonly to: number;
}

/**
 * One reader's place in a ring.
 *
 * Any number of cursors read the same ring, each at its own pace; none of them consumes, waits for or slows down another, and
 * the ring does not know them, so a forgotten cursor costs nothing. Every offset from where the cursor began is reported once
 * and in order, either inside `bytes` or inside a `gap`: nothing twice, nothing silently missing.
 */
export class Cursor {
  readonly #source: CursorSource;
  #offset: number;

  /** Use `ring.cursor(from)`, which checks `offset` first. */
  constructor(source: CursorSource, offset: number) {
    this.#source = source;
    this.#offset = offset;
  }

  /** Absolute offset of the next byte this reader has not been given. */
  get offset(): number {
    return this.#offset;
  }

  /** How far this reader is behind the writer, in bytes; includes bytes that are lost and will come as a gap. */
  get pending(): number {
    return this.#source.end - this.#offset;
  }

  /**
   * Moves on and returns what lies there: bytes, the gap this reader fell into, or `undefined` when it has caught up.
   *
   * A gap is returned once, whatever `maxBytes` is, and the call after it continues at the oldest readable byte. Bytes come
   * as a view of at most `maxBytes`, shorter where the storage wraps: call again until `undefined`. Allocates the result and
   * its view, copies nothing.
   */
  next(maxBytes?: number): CursorBytes | CursorGap | undefined {
    const from = this.#offset;
    const start = this.#source.start;
    if (from < start) {
      this.#offset = start;
      return { kind: 'gap', from, to: start };
    }
    const bytes = this.#source.viewAt(from, maxBytes);
    if (bytes.length === 0) return undefined;
    this.#offset = from + bytes.length;
    return { kind: 'bytes', offset: from, bytes };
  }

  /** Where this reader stands, as plain JSON. */
  snapshot(): { offset: number; pending: number } {
    return { offset: this.#offset, pending: this.pending };
  }
}
