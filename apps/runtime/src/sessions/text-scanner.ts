/** Where something was found, as absolute offsets: `to` is behind the last byte. */
export interface Found {
  readonly from: number;
  readonly to: number;
}

/**
 * Finds a text in a stream of bytes, also where chunks split it. Keeps at most the text's length minus one of what came
 * before, and looks at every byte once.
 */
export class TextScanner {
  readonly #needle: Buffer;
  #tail: Buffer = Buffer.alloc(0);

  /** @param text what to find, as UTF-8; not empty. */
  constructor(text: string) {
    this.#needle = Buffer.from(text);
  }

  /** Looks at the next chunk, whose first byte has the absolute `offset`. Chunks must follow each other. */
  scan(chunk: Uint8Array, offset: number): Found | undefined {
    const tailBytes = this.#tail.length;
    const window = Buffer.concat([this.#tail, chunk]);
    const index = window.indexOf(this.#needle);
    if (index !== -1) {
      const from = offset - tailBytes + index;
      return { from, to: from + this.#needle.length };
    }
    this.#tail = window.subarray(Math.max(0, window.length - this.#needle.length + 1));
    return undefined;
  }

  /** Forgets what came before, because bytes are missing between it and the next chunk. */
  reset(): undefined {
    this.#tail = Buffer.alloc(0);
    return undefined;
  }
}
