import { writeSync } from 'node:fs';
import { RingBuffer } from '@sessiond/ring-buffer';
import { InputQueueFullError } from './errors.ts';

/** The largest slice handed to the kernel at once, about what a line discipline's queue holds. */
const SLICE_BYTES = 4_096;
const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = 50;

/** Where the writer writes and how it is told of trouble. */
export interface InputWriterOptions {
  /** The most bytes that may wait for a child that does not read, and so the largest single write. */
  readonly capacityBytes: number;
  /** Called when the queue has become empty after it was not. */
  readonly onDrain?: () => void;
  /** Called when the terminal refused input for good; the writer is closed then. */
  readonly onError?: (error: Error) => void;
}

/**
 * Writes input to a terminal's descriptor: in order, all of a write or none of it, bounded, and fenced.
 *
 * Input goes to the kernel at once, in the caller's turn. What the kernel does not take waits in a bounded queue and is
 * tried again after 1, 2, 4 … 50 ms, so a child that does not read costs next to no processor time. A terminal that nobody
 * has open at the moment is no different: its child may open it anew.
 * After {@link close} the descriptor's number is never used again: whoever opens a terminal next may get that number.
 *
 * The queue is allocated with the first input that has to wait; the operating system hands out its pages as they are used.
 */
export class InputWriter {
  readonly #fd: number;
  readonly #options: InputWriterOptions;
  #queue: RingBuffer | undefined;
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
    return this.#queue?.available() ?? 0;
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
    const waiting = this.pendingBytes;
    if (waiting + data.length > capacityBytes) throw new InputQueueFullError(data.length, waiting, capacityBytes);
    const written = waiting > 0 ? 0 : this.#writeThrough(data);
    if (written === data.length || this.#closed) return true;
    this.#queue ??= new RingBuffer(capacityBytes, { keepHistory: false });
    this.#queue.write(data.subarray(written));
    if (waiting === 0) this.#retryLater();
    return true;
  }

  /** Forgets what waits and never touches the descriptor again. Idempotent; called before the descriptor is closed. */
  close(): void {
    this.#closed = true;
    this.#queue = undefined;
    clearTimeout(this.#retry);
  }

  snapshot(): { readonly pendingBytes: number; readonly writtenBytes: number; readonly closed: boolean } {
    return { pendingBytes: this.pendingBytes, writtenBytes: this.#writtenBytes, closed: this.#closed };
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => this.#retryNow(this.#queue!), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #retryNow(queue: RingBuffer): void {
    for (const part of queue.views()) {
      const written = this.#writeThrough(part);
      if (this.#closed) return;
      queue.skipTo(queue.consumed + written);
      if (written > 0) this.#retryMs = FIRST_RETRY_MS;
      if (written < part.length) {
        this.#retryLater();
        return;
      }
    }
    this.#options.onDrain?.();
  }

  /** Writes as much as the kernel takes now. */
  #writeThrough(data: Uint8Array): number {
    let written = 0;
    try {
      while (written < data.length) {
        written += writeSync(this.#fd, data, written, Math.min(SLICE_BYTES, data.length - written));
      }
    } catch (error) {
      if (!mayPass((error as NodeJS.ErrnoException).code)) {
        this.close();
        this.#options.onError?.(error as Error);
      }
    }
    this.#writtenBytes += written;
    return written;
  }
}

/** `EAGAIN`: the terminal's own queue is full. `EIO`: nobody has the terminal open. */
function mayPass(code: string | undefined): boolean {
  return code === 'EAGAIN' || code === 'EIO';
}
