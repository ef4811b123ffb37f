/** Enough that almost every character fits into one piece many times. */
const PIECE_CHARS = 256;

/** Made once: splitting is cheap, the splitter is not. */
const SEGMENTER: Intl.Segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * What a person takes for one character each: the extended grapheme clusters of Unicode (UAX 29).
 *
 * Takes time in proportion to the text. The splitter of Node 20 alone does not: each part costs it a look at the whole text, and pasted pages of
 * Chinese would take half a minute. So it gets pieces, and the last part of a piece again with the next: whether a cluster ends somewhere is told by what it
 * holds and by the one code point that follows.
 */
export function graphemesOf(text: string, split: (piece: string) => Iterable<string> = parts): Iterable<string> {
  return isSimple(text) ? text : inPieces(text, split);
}

function* inPieces(text: string, split: (piece: string) => Iterable<string>): Generator<string> {
  let pieceChars = PIECE_CHARS;
  for (let at = 0; at < text.length; ) {
    const piece = pieceOf(text, at, pieceChars);
    const begin = at;
    let last = '';
    for (const part of isSimple(piece) ? piece : split(piece)) {
      if (last !== '') yield last;
      at += last.length;
      last = part;
    }
    if (at + last.length === text.length) {
      yield last;
      return;
    }
    // Letters with hundreds of marks exist; nobody reads them.
    pieceChars = at === begin ? 2 * pieceChars : PIECE_CHARS;
  }
}

/** So much of the text, and no half of a code point at its end. */
function pieceOf(text: string, at: number, chars: number): string {
  const piece = text.slice(at, at + chars);
  return /[\ud800-\udbff]$/.test(piece) ? text.slice(at, at + chars + 1) : piece;
}

/** Whether every character is one of its own. */
function isSimple(text: string): boolean {
  return /^[\n\x20-\x7e]*$/.test(text);
}

function* parts(piece: string): Generator<string> {
  for (const { segment } of SEGMENTER.segment(piece)) yield segment;
}
