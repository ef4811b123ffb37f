/** The last output of a terminal as most programs around node-pty keep it: an array of chunks, the oldest shifted out. */
export class Scrollback {
  readonly #limitBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Keeps `chunk` by reference, and at most `limitBytes` with it. */
  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes > this.#limitBytes) this.#bytes -= this.#chunks.shift()!.length;
  }
}
