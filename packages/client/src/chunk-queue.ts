import type { Chunk } from './chunk.ts';

/** Chunks up to this size are joined while they wait, so that a flood of tiny ones costs no object each. */
const JOIN_BYTES = 4_096;
const BLOCK_BYTES = 16_384;
/** Entries taken before the array gives their places back. */
const COMPACT_AT = 1_024;

/** A run of small chunks being joined; `length` bytes of `block` are in use. */
interface Joining {
  readonly offset: number;
  readonly block: Uint8Array;
  readonly replay: boolean;
  length: number;
}

/**
 * Chunks that arrived and that the consumer has not taken yet, in order.
 *
 * Its bytes are bounded by the receive window of its owner, its entries by joining: consecutive small chunks and
 * consecutive gaps become one. `push` copies small chunks only, and only while something waits already.
 */
export class ChunkQueue {
  #chunks: Chunk[] = [];
  #head = 0;
  #joining: Joining | undefined;
  #bytes = 0;

  /** Payload bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#head === this.#chunks.length && this.#joining === undefined;
  }

  push(chunk: Chunk): void {
    if (chunk.kind === 'bytes') {
      this.#bytes += chunk.bytes.length;
      if (!this.isEmpty && chunk.bytes.length <= JOIN_BYTES) {
        this.#join(chunk.offset, chunk.bytes, chunk.replay);
        return;
      }
    }
    this.#seal();
    const last = this.#chunks.at(-1);
    if (chunk.kind === 'gap' && last?.kind === 'gap' && this.#head < this.#chunks.length) {
      this.#chunks[this.#chunks.length - 1] = { kind: 'gap', from: last.from, to: chunk.to };
    } else {
      this.#chunks.push(chunk);
    }
  }

  /** Takes the oldest chunk out, or `undefined` when nothing waits. */
  shift(): Chunk | undefined {
    if (this.#head === this.#chunks.length) this.#seal();
    const chunk = this.#chunks[this.#head];
    if (chunk === undefined) return undefined;
    this.#head += 1;
    if (this.#head === this.#chunks.length) {
      this.#chunks.length = 0;
      this.#head = 0;
    } else if (this.#head === COMPACT_AT) {
      this.#chunks = this.#chunks.slice(COMPACT_AT);
      this.#head = 0;
    }
    if (chunk.kind === 'bytes') this.#bytes -= chunk.bytes.length;
    return chunk;
  }

  /**
   * Drops the newest chunks until at most `maxBytes` wait.
   *
   * @returns the offset that follows the last chunk kept, or `undefined` when nothing was dropped.
   */
  truncate(maxBytes: number): number | undefined {
    this.#seal();
    let dropped: number | undefined;
    while (this.#bytes > maxBytes) {
      const chunk = this.#chunks.pop();
      if (chunk === undefined) break;
      if (chunk.kind === 'bytes') this.#bytes -= chunk.bytes.length;
      dropped = chunk.kind === 'gap' ? chunk.from : chunk.offset;
    }
    return dropped;
  }

  clear(): void {
    this.#chunks = [];
    this.#head = 0;
    this.#joining = undefined;
    this.#bytes = 0;
  }

  #join(offset: number, bytes: Uint8Array, replay: boolean): void {
    const joining = this.#joining;
    if (joining !== undefined && joining.replay === replay && joining.length + bytes.length <= BLOCK_BYTES) {
      joining.block.set(bytes, joining.length);
      joining.length += bytes.length;
      return;
    }
    this.#seal();
    const block = new Uint8Array(BLOCK_BYTES);
    block.set(bytes);
    this.#joining = { offset, block, replay, length: bytes.length };
  }

  #seal(): void {
    const joining = this.#joining;
    if (joining === undefined) return;
    this.#joining = undefined;
    const bytes = joining.block.subarray(0, joining.length);
    this.#chunks.push({ kind: 'bytes', offset: joining.offset, bytes, replay: joining.replay });
  }
}
