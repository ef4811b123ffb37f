const NEWLINE = 0x0a;

/** What a `LineReader` reports. */
export interface LineHandlers {
  /** One line without its end. The view is valid only during the call. */
  onLine(line: Uint8Array): void;
  /** A line longer than the limit began; it is skipped up to its end and reported once. */
  onTooLong(): void;
}

/**
 * Cuts a byte stream into lines and never holds more than `maxLineBytes` of one, however long it goes on without an end.
 * A carriage return before the line feed belongs to the line end.
 */
export class LineReader {
  readonly #maxLineBytes: number;
  readonly #handlers: LineHandlers;
  #parts: Uint8Array[] = [];
  #heldBytes = 0;
  #skipping = false;

  constructor(maxLineBytes: number, handlers: LineHandlers) {
    this.#maxLineBytes = maxLineBytes;
    this.#handlers = handlers;
  }

  /** Takes the next bytes of the stream; keeps a reference to the part of them that has no line end yet. */
  push(chunk: Uint8Array): void {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, from);
      this.#hold(chunk.subarray(from, end === -1 ? chunk.length : end));
      if (end === -1) return;
      this.#endLine();
      from = end + 1;
    }
  }

  /** The stream is over: what has no line end is a line too. */
  end(): void {
    if (this.#heldBytes > 0 || this.#skipping) this.#endLine();
  }

  #hold(part: Uint8Array): void {
    if (this.#skipping || part.length === 0) return;
    if (this.#heldBytes + part.length > this.#maxLineBytes) {
      this.#parts = [];
      this.#heldBytes = 0;
      this.#skipping = true;
      this.#handlers.onTooLong();
      return;
    }
    this.#parts.push(part);
    this.#heldBytes += part.length;
  }

  #endLine(): void {
    const parts = this.#parts;
    const skipped = this.#skipping;
    const line = parts.length === 1 ? parts[0]! : Buffer.concat(parts, this.#heldBytes);
    this.#parts = [];
    this.#heldBytes = 0;
    this.#skipping = false;
    if (!skipped) this.#handlers.onLine(line.at(-1) === 0x0d ? line.subarray(0, -1) : line);
  }
}
