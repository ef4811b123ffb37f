import { graphemesOf } from './graphemes.ts';

/** Ranges of code points that take two cells: East Asian wide and full-width forms (UAX 11), and pictographs. */
const WIDE: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x23e9, 0x23ec],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x3fffd],
];

/** What stands for the rest of a text that was cut; one cell. */
const CUT = '…';

/**
 * How many cells of a terminal a text takes, without control characters, which have to be made visible before.
 *
 * Letters with their marks take one, East Asian ones and pictographs two, as current terminals have it; about rare ones they disagree.
 */
export function cellWidth(text: string): number {
  if (isPlain(text)) return text.length;
  if (isCodePoint(text)) return graphemeWidth(text);
  let width = 0;
  for (const grapheme of graphemesOf(text)) width += graphemeWidth(grapheme);
  return width;
}

/** The text itself if it fits, else as much of it as fits with an ellipsis behind it. */
export function cutToCells(text: string, width: number): string {
  if (width <= 0) return '';
  if (isPlain(text)) return text.length <= width ? text : `${text.slice(0, width - 1)}${CUT}`;
  let taken = '';
  let takenWidth = 0;
  let fitting = '';
  for (const grapheme of graphemesOf(text)) {
    takenWidth += graphemeWidth(grapheme);
    if (takenWidth > width) return `${fitting}${CUT}`;
    taken += grapheme;
    if (takenWidth < width) fitting = taken;
  }
  return taken;
}

/** The text in exactly so many cells: cut, or filled up with blanks. */
export function fitToCells(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const cut = cutToCells(text, width);
  const blanks = ' '.repeat(Math.max(width - cellWidth(cut), 0));
  return align === 'left' ? `${cut}${blanks}` : `${blanks}${cut}`;
}

function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function isCodePoint(text: string): boolean {
  return text.length === 1 || (text.length === 2 && text.codePointAt(0)! > 0xffff);
}

function graphemeWidth(grapheme: string): number {
  if (/^\p{Mark}|^\p{Cf}$/u.test(grapheme)) return 0;
  if (/\p{Emoji_Presentation}|\ufe0f/u.test(grapheme)) return 2;
  const point = grapheme.codePointAt(0)!;
  return WIDE.some(([first, last]) => point >= first && point <= last) ? 2 : 1;
}
