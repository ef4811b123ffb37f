/** Frames up to this size come from the pool; room for 64 KiB of payload and every header in front of it. */
const POOLED_BYTES = 64 * 1024 + 64;
/** Smaller frames are cheaper to allocate than to look after. */
const SMALL_BYTES = 2 * 1024;
/** Idle memory is bounded by this many buffers, one mebibyte. */
const MAX_FREE = 16;

/**
 * Buffers for outgoing frames that are used again once the kernel has them.
 * A flood would otherwise allocate its whole volume outside of the heap, which the garbage collector answers by marking
 * the heap over and over: a tenth of the processor time of a stream.
 */
export class FramePool {
  readonly #free: ArrayBuffer[] = [];

  /** A buffer of exactly this length, with whatever was in it before. */
  take(bytes: number): Buffer {
    if (bytes < SMALL_BYTES || bytes > POOLED_BYTES) return Buffer.allocUnsafe(bytes);
    return Buffer.from(this.#free.pop() ?? new ArrayBuffer(POOLED_BYTES), 0, bytes);
  }

  /** Takes a buffer back that nobody reads or writes any more; any other buffer is left to the garbage collector. */
  give(frame: Uint8Array): void {
    const { buffer } = frame;
    if (buffer.byteLength === POOLED_BYTES && this.#free.length < MAX_FREE) this.#free.push(buffer as ArrayBuffer);
  }
}
