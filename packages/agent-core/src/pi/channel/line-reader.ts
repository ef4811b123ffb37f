import { StringDecoder } from 'node:string_decoder';

/**
 * Cuts a stream of bytes into lines, which end with a line feed; characters may be cut anywhere, and an empty line is none.
 *
 * Holds one unfinished line, of at most `maxCharacters`: one that is longer ends the reading for good, with `onTooLong` called once.
 */
export class LineReader {
  readonly #maxCharacters: number;
  readonly #onLine: (line: string) => void;
  readonly #onTooLong: () => void;
  readonly #decoder = new StringDecoder('utf8');
  #parts: string[] = [];
  #held = 0;
  #over = false;

  constructor(options: {
    readonly maxCharacters: number;
    readonly onLine: (line: string) => void;
    readonly onTooLong: () => void;
  }) {
    this.#maxCharacters = options.maxCharacters;
    this.#onLine = options.onLine;
    this.#onTooLong = options.onTooLong;
  }

  /** Takes more of the stream. */
  push(chunk: Buffer): void {
    let text = this.#decoder.write(chunk);
    for (let end = text.indexOf('\n'); end !== -1 && !this.#over; end = text.indexOf('\n')) {
      this.#hold(text.slice(0, end));
      text = text.slice(end + 1);
      const line = this.#parts.join('');
      this.#parts = [];
      this.#held = 0;
      if (line !== '' && !this.#over) this.#onLine(line);
    }
    this.#hold(text);
  }

  #hold(text: string): void {
    if (this.#over || text === '') return;
    this.#held += text.length;
    if (this.#held <= this.#maxCharacters) {
      this.#parts.push(text);
      return;
    }
    this.#over = true;
    this.#parts = [];
    this.#onTooLong();
  }
}
