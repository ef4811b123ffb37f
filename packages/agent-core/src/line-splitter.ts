const NEWLINE = 10;

/**
 * Makes lines of text out of the bytes of a stream, which may be cut anywhere, and holds no more than one line that is not whole.
 *
 * A line that is too long is known to be before it is whole: how much a peer can make us hold does not depend on the peer. Each byte is looked at once and copied at
 * most twice, however many pieces a line comes in.
 */
export class LineSplitter {
  readonly #maxLineBytes: number;
  #pieces: Buffer[] = [];
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
    this.#check(rest.length);
    const line = this.#pieces.length === 0 ? rest : Buffer.concat([...this.#pieces, rest]);
    this.#drop();
    return line.toString('utf8').trim();
  }

  #hold(piece: Buffer): void {
    this.#check(piece.length);
    this.#pieces.push(Buffer.from(piece));
    this.#heldBytes += piece.length;
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
    this.#pieces = [];
    this.#heldBytes = 0;
  }
}
