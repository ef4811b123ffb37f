import type { Cursor, CursorBytes, CursorGap } from '@sessiond/ring-buffer';

/** The output has ended; everything before `offset` was delivered or reported as a gap. */
export interface OutputEnd {
  readonly kind: 'end';
  readonly offset: number;
}

/** What a reader gets next. */
export type OutputChunk = CursorBytes | CursorGap | OutputEnd;

/** What a reader asks and tells the output it belongs to. */
export interface ReaderHooks {
  ended(): boolean;
  /** The reader acknowledged more than `before`. */
  acknowledged(before: number): void;
  closed(): void;
}

/**
 * One reader of an output: takes chunks at its own pace and says what it has received.
 * The buffer holds nothing on its behalf: a slow reader is an old offset, and in the end a gap.
 */
export class OutputReader {
  readonly #cursor: Cursor;
  readonly #onReadable: () => void;
  readonly #hooks: ReaderHooks;
  #acknowledged: number;
  #endTaken = false;
  #closed = false;

  /** Use `OutputBuffer.openReader`. */
  constructor(cursor: Cursor, onReadable: () => void, hooks: ReaderHooks) {
    this.#cursor = cursor;
    this.#onReadable = onReadable;
    this.#hooks = hooks;
    this.#acknowledged = cursor.offset;
  }

  /** Offset of the next byte this reader will be given. */
  get offset(): number {
    return this.#cursor.offset;
  }

  /** Everything before this offset was received. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** How far this reader is behind, in bytes. */
  get pending(): number {
    return this.#cursor.pending;
  }

  /**
   * The next chunk: bytes (a view, valid until the next append), an exact gap, the end once, or `undefined` for now.
   * Bytes may come in two chunks where the ring wraps: call again until `undefined`.
   */
  next(maxBytes?: number): OutputChunk | undefined {
    if (this.#closed) return undefined;
    const chunk = this.#cursor.next(maxBytes);
    if (chunk !== undefined || this.#endTaken || !this.#hooks.ended() || this.#cursor.pending > 0) return chunk;
    this.#endTaken = true;
    return { kind: 'end', offset: this.#cursor.offset };
  }

  /**
   * Says that everything before `offset` has arrived; what is acknowledged may be overwritten. Never moves back.
   * @returns `false`, changing nothing, for an offset that was never delivered.
   */
  acknowledge(offset: number): boolean {
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > this.#cursor.offset) return false;
    if (offset <= this.#acknowledged || this.#closed) return true;
    const before = this.#acknowledged;
    this.#acknowledged = offset;
    this.#hooks.acknowledged(before);
    return true;
  }

  /** Called by the buffer. */
  wake(): void {
    if (!this.#closed) this.#onReadable();
  }

  /** Detaches. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#hooks.closed();
  }
}
