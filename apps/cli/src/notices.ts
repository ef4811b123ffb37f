import type { Writable } from 'node:stream';

/**
 * What a person has to know, one line each on stderr, all beginning with `sessionctl:`.
 *
 * While the terminal is raw, lines are set off from the program's own output.
 */
export class Notices {
  readonly #stream: Writable;
  /** Set while the terminal translates no newlines. */
  raw = false;

  constructor(stream: Writable) {
    this.#stream = stream;
    // Nobody to tell: not worth ending for.
    stream.on('error', () => {});
  }

  say(text: string): void {
    this.#stream.write(this.raw ? `\r\n[sessionctl: ${text}]\r\n` : `sessionctl: ${text}\n`);
  }

  /** The bell: something typed went nowhere. */
  ring(): void {
    if (this.raw) this.#stream.write('\x07');
  }
}
