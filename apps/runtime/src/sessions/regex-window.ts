import type { Found } from './text-scanner.ts';

/** How much of the match itself is passed on, in characters. */
const MATCH_CHARACTERS = 1024;

/** What was found, and where. */
export interface RegexFound extends Found {
  readonly text: string;
}

/** How much of the latest output a regular expression is matched against. */
const WINDOW_BYTES = 64 * 1024;

/**
 * Matches a regular expression against the latest 64 KiB of a stream, decoded as UTF-8, and says where in bytes.
 * May take arbitrarily long for a hostile expression, so it runs in a worker that can be ended.
 */
export class RegexWindow {
  readonly #regex: RegExp;
  #bytes: Buffer = Buffer.alloc(0);
  #isCut = false;
  #end = 0;

  /** @throws SyntaxError for a malformed expression. */
  constructor(source: string) {
    this.#regex = new RegExp(source, 'gmu');
  }

  /** Looks at the next chunk, whose first byte has the absolute `offset`. */
  scan(chunk: Uint8Array, offset: number): RegexFound | undefined {
    const before = offset === this.#end ? this.#bytes : Buffer.alloc(0);
    const window = Buffer.concat([before, chunk]);
    this.#end = offset + chunk.length;
    this.#bytes = window.subarray(Math.max(0, window.length - WINDOW_BYTES));
    // Behind a cut the first character is only there to tell whether a line begins after it.
    const isCut = this.#isCut && before.length > 0;
    this.#regex.lastIndex = isCut ? 1 : 0;
    this.#isCut = isCut || window.length > WINDOW_BYTES;
    const match = this.#regex.exec(decode(window));
    if (match === null) return undefined;
    const windowStart = this.#end - window.length;
    return {
      from: windowStart + byteIndex(window, match.index),
      to: windowStart + byteIndex(window, match.index + match[0].length),
      text: match[0].slice(0, MATCH_CHARACTERS),
    };
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes, { stream: true });
}

/** The number of bytes that decode to the first `units` UTF-16 units; exact also where bytes are not valid UTF-8. */
function byteIndex(bytes: Uint8Array, units: number): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (decode(bytes.subarray(0, middle)).length < units) low = middle + 1;
    else high = middle;
  }
  return low;
}
