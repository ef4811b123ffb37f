/**
 * Output bytes, in order and without a hole to the chunk before.
 *
 * `offset` is the absolute position of the first byte. `replay` tells bytes from before the attach. The receiver
 * owns `bytes`.
 */
export interface BytesChunk {
  readonly kind: 'bytes';
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly replay: boolean;
}

/** The bytes from `from` up to (not including) `to` were dropped before this reader took them. Never silent. */
export interface GapChunk {
  readonly kind: 'gap';
  readonly from: number;
  readonly to: number;
}

/** The output is complete: no byte follows `offset`. */
export interface EndChunk {
  readonly kind: 'end';
  readonly offset: number;
}

/** One step of an output stream. Applied in order they reproduce it exactly. */
export type Chunk = BytesChunk | GapChunk | EndChunk;
