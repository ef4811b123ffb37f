const ESC = '\u001b';
const BEL = '\u0007';
/** What stands between the introducer of a string and its end. */
const STRING_BODY: string = `[\\]PX^_][^${BEL}${ESC}]*`;
/** Whole escape sequences (ECMA-48, and strings as xterm ends them). */
const SEQUENCE: RegExp = new RegExp(
  `${ESC}(?:\\[[0-?]*[ -/]*[@-~]|${STRING_BODY}(?:${BEL}|${ESC}\\\\)|[ -/]*[0-OQ-WYZ\\\\\`-~])`,
  'g',
);
/** What may become one with the next piece, at the end of this one. */
const UNFINISHED: RegExp = new RegExp(`(?:${ESC}(?:\\[[0-?]*[ -/]*|${STRING_BODY}${ESC}?|[ -/]*)|\r)$`);
/** Direction overrides and isolates: they make text look like another. */
const MISLEADING = /[\u202a-\u202e\u2066-\u2069]/g;
const CONTROL = /[^\P{Cc}\n\t]/gu;
/** An unfinished sequence that is longer is shown. */
const MAX_UNFINISHED = 1_024;

/**
 * Makes what a model or a tool says safe to print on a terminal: escape sequences are left out, other control characters become visible, lines
 * end with a line feed, tabs stay. Sequences may be cut anywhere between two pushes.
 */
export class PlainText {
  #rest = '';

  /** What can be printed; less than was given when its end is the beginning of a sequence. */
  push(text: string): string {
    const all = this.#rest + text;
    const unfinished = UNFINISHED.exec(all)?.[0] ?? '';
    this.#rest = unfinished.length > MAX_UNFINISHED ? '' : unfinished;
    return plain(this.#rest === '' ? all : all.slice(0, -this.#rest.length));
  }

  /** What was held back and is not the beginning of anything. */
  end(): string {
    const rest = this.#rest;
    this.#rest = '';
    return plain(rest);
  }
}

/** The same for text that is whole. */
export function plainText(text: string): string {
  return plain(text);
}

function plain(text: string): string {
  // Most text holds none of all this.
  if (/^[\n\t\x20-\x7e]*$/.test(text)) return text;
  return text
    .replace(SEQUENCE, '')
    .replace(/\r\n?/g, '\n')
    .replace(MISLEADING, '\u{fffd}')
    .replace(CONTROL, (character) => {
      const code = character.charCodeAt(0);
      return code < 0x20 ? `^${String.fromCharCode(code + 0x40)}` : '\u{fffd}';
    });
}
