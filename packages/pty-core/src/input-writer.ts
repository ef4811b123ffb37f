import { writeSync } from 'node:fs';
import { InputQueueFullError } from './errors.ts';

/** The largest slice handed to the kernel at once, about what a line discipline's queue holds. */
const SLICE_BYTES = 4_096;
/** The smallest queue that makes sense: one slice. */
export const MIN_INPUT_QUEUE_BYTES: number = SLICE_BYTES;
const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = 50;

/** Where the writer writes and how it is told of trouble. */
export interface InputWriterOptions {
  /** The most bytes that may wait for a child that does not read, and so the largest single write; at least 4,096. */
  readonly capacityBytes: number;
  /** Called when the queue has become empty after it was not. */
  readonly onDrain?: () => void;
  /** Called when the terminal refused input for good, for example because nobody has it open any more. */
  readonly onError?: (error: Error) => void;
}

/**
 * Writes input to a terminal's descriptor: in order, all of a write or none of it, bounded, and fenced.
 *
 * Input goes to the kernel at once, in the caller's turn. What the kernel does not take waits in a bounded queue and is
 * tried again after 1, 2, 4 … 50 ms, so a child that does not read costs next to no processor time.
 * After {@link close} the descriptor's number is never used again: whoever opens a terminal next may get that number.
 */
export class InputWriter {
  readonly #fd: number;
  readonly #options: InputWriterOptions;
  /** Copies of refused input, oldest first; `#head` bytes of the first are written. */
  #queue: Uint8Array[] = [];
  #head = 0;
  #pendingBytes = 0;
  #writtenBytes = 0;
  #retryMs = FIRST_RETRY_MS;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(fd: number, options: InputWriterOptions) {
    this.#fd = fd;
    this.#options = options;
  }

  /** Bytes accepted and not yet taken by the kernel. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Bytes the kernel has taken. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /**
   * Accepts all of `data` or none. What cannot be written at once is copied, so the caller keeps its memory.
   * @returns `false` once closed, in which case nothing was accepted.
   * @throws InputQueueFullError when the queue could not take the whole write should the kernel take nothing.
   */
  write(data: Uint8Array): boolean {
    if (this.#closed) return false;
    const { capacityBytes } = this.#options;
    if (this.#pendingBytes + data.length > capacityBytes) {
      throw new InputQueueFullError(data.length, this.#pendingBytes, capacityBytes);
    }
    const waiting = this.#pendingBytes > 0;
    const written = waiting ? 0 : this.#writeThrough(data);
    if (written === data.length || this.#closed) return true;
    this.#queue.push(data.slice(written));
    this.#pendingBytes += data.length - written;
    if (!waiting) this.#scheduleRetry();
    return true;
  }

  /** Forgets what waits and never touches the descriptor again. Idempotent; called before the descriptor is closed. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#pendingBytes = 0;
    clearTimeout(this.#retry);
  }

  #scheduleRetry(): void {
    this.#retry = setTimeout(() => this.#flush(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #flush(): void {
    while (!this.#closed && this.#queue.length > 0) {
      const first = this.#queue[0]!;
      const written = this.#writeThrough(this.#head === 0 ? first : first.subarray(this.#head));
      if (this.#closed) return;
      this.#pendingBytes -= written;
      this.#head += written;
      if (this.#head < first.length) {
        if (written > 0) this.#retryMs = FIRST_RETRY_MS;
        this.#scheduleRetry();
        return;
      }
      this.#queue.shift();
      this.#head = 0;
    }
    this.#retryMs = FIRST_RETRY_MS;
    if (!this.#closed) this.#options.onDrain?.();
  }

  /** Writes as much as the kernel takes now. */
  #writeThrough(data: Uint8Array): number {
    let written = 0;
    try {
      while (written < data.length) {
        written += writeSync(this.#fd, data, written, Math.min(SLICE_BYTES, data.length - written));
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
        this.close();
        this.#options.onError?.(error as Error);
      }
    }
    this.#writtenBytes += written;
    return written;
  }
}
