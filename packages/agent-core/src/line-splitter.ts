const NEWLINE = 10;
/** What a splitter holds from the first piece on, and goes back to after a long line. */
const FIRST_BYTES = 4_096;

/**
 * Makes lines of text out of the bytes of a stream, which may be cut anywhere, and holds no more than one line that is not whole.
 *
 * A line that is too long is known to be before it is whole: how much a peer can make us hold, at most twice the longest line, depends neither on the peer nor on the
 * size of the pieces it sends. Each byte is looked at once; of a line that comes in pieces it is copied twice on average.
 */
export class LineSplitter {
  readonly #maxLineBytes: number;
  #held: Buffer = Buffer.alloc(0);
  #heldBytes = 0;

  /** Lines longer than `maxLineBytes` are refused. */
  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /**
   * Hands out the lines that end in `bytes`, without their ends and without empty ones, in order. The bytes may be used again afterwards.
   * @throws RangeError when a line is too long, whole or not; nothing is held then.
   */
  push(bytes: Buffer, onLine: (line: string) => void): void {
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start);
      if (end === -1) break;
      const line = this.#complete(bytes.subarray(start, end));
      start = end + 1;
      if (line !== '') onLine(line);
    }
    if (start < bytes.length) this.#hold(bytes.subarray(start));
  }

  #complete(rest: Buffer): string {
    if (this.#heldBytes === 0) {
      this.#check(rest.length);
      return rest.toString('utf8').trim();
    }
    this.#hold(rest);
    const line = this.#held.toString('utf8', 0, this.#heldBytes).trim();
    this.#drop();
    return line;
  }

  #hold(piece: Buffer): void {
    this.#check(piece.length);
    const bytes = this.#heldBytes + piece.length;
    if (bytes > this.#held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(2 * bytes, this.#maxLineBytes), FIRST_BYTES));
      this.#held.copy(larger, 0, 0, this.#heldBytes);
      this.#held = larger;
    }
    piece.copy(this.#held, this.#heldBytes);
    this.#heldBytes = bytes;
  }

  #check(moreBytes: number): void {
    const bytes = this.#heldBytes + moreBytes;
    if (bytes <= this.#maxLineBytes) return;
    this.#drop();
    throw new RangeError(
      `Cannot read line: it has at least ${bytes.toLocaleString('en')} bytes, ${this.#maxLineBytes.toLocaleString('en')} are allowed`,
    );
  }

  #drop(): void {
    if (this.#held.length > FIRST_BYTES) this.#held = Buffer.alloc(0);
    this.#heldBytes = 0;
  }
}
