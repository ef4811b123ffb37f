import { cellWidth, graphemesOf } from '../cells.ts';

/** A line of code that is longer than so many rows is not kept in one piece. */
const MAX_OPEN_ROWS = 4;
const TAB = '    ';
/** How deep the rows of one line are set in, at most, as a share of the width. */
const MAX_INDENT_SHARE = 0.4;

/**
 * Lays out text that comes in pieces: words are kept whole, lines of a list and indented ones go on below their first word, and what stands
 * between fences of code (three backticks) is left as it is, for the terminal to wrap, so that it can be copied.
 *
 * Rows that cannot change any more are handed out; of the others, {@link TextFlow.open}, there is one line at most. Text must hold no
 * control characters but line feeds and tabs.
 */
export class TextFlow {
  #line = '';
  #indent = '';
  #isCode = false;
  #isContinued = false;

  /** The rows that `text` completes, for a window of so many columns. */
  push(text: string, cols: number): string[] {
    const rows: string[] = [];
    const [first, ...others] = text.split('\n');
    this.#line += (first ?? '').replaceAll('\t', TAB);
    for (const next of others) {
      rows.push(...this.#finishLine(cols));
      this.#line = next.replaceAll('\t', TAB);
    }
    rows.push(...this.#settle(cols));
    return rows;
  }

  /** The rows of the line that is not over. */
  open(cols: number): string[] {
    return this.#line === '' ? [] : this.#isCode ? hardWrap(this.#line, cols) : this.#wrap(cols);
  }

  /** The rows of what is left. */
  end(cols: number): string[] {
    const rows = this.#line === '' ? [] : this.#finishLine(cols);
    this.#isCode = false;
    return rows;
  }

  #finishLine(cols: number): string[] {
    const line = this.#line;
    const isFence = !this.#isContinued && /^\s*```/.test(line);
    const rows = this.#isCode || isFence ? [line] : this.#wrap(cols);
    if (isFence) this.#isCode = !this.#isCode;
    this.#line = '';
    this.#indent = '';
    this.#isContinued = false;
    return rows;
  }

  /** Hands out the rows of the open line that are full: the words in them are whole, because others follow. */
  #settle(cols: number): string[] {
    if (this.#isCode) {
      const rows = hardWrap(this.#line, cols);
      if (rows.length <= MAX_OPEN_ROWS) return [];
      this.#line = rows.pop()!;
      return rows;
    }
    // It fits, however wide its characters are: a line that comes in many pieces is not measured with each of them.
    if (this.#line.length * 2 + this.#indent.length <= cols) return [];
    const rows = this.#wrap(cols);
    if (rows.length < 2) return [];
    const last = rows.pop()!;
    this.#indent = hangingIndent(this.#indent, this.#line, cols);
    this.#line = last.slice(this.#indent.length);
    this.#isContinued = true;
    return rows;
  }

  #wrap(cols: number): string[] {
    return wrapWords(this.#line, cols, this.#indent, hangingIndent(this.#indent, this.#line, cols));
  }
}

/** The rows of a text that is whole. */
export function wrapped(text: string, cols: number): string[] {
  const flow = new TextFlow();
  return [...flow.push(text, cols), ...flow.end(cols)];
}

/** Words in rows of at most `cols` cells; words that are longer are broken. The first row begins with `first`, the others with `rest`. */
function wrapWords(line: string, cols: number, first: string, rest: string): string[] {
  if (first === '' && cellWidth(line) <= cols) return [line];
  const rows: string[] = [];
  let row = first;
  let isEmpty = true;
  for (const [piece] of line.matchAll(/ +|[^ ]+/g)) {
    const isBlank = piece.startsWith(' ');
    if (cellWidth(row) + cellWidth(piece) <= cols) {
      if (isEmpty && isBlank && rows.length > 0) continue;
      row += piece;
      isEmpty = false;
      continue;
    }
    // Blanks at the end of a row are not seen.
    if (isBlank) continue;
    if (!isEmpty) {
      rows.push(row.trimEnd());
      row = rest;
    }
    const broken = hardWrap(piece, cols - cellWidth(row));
    for (const part of broken.slice(0, -1)) {
      rows.push(row + part);
      row = rest;
    }
    row += broken.at(-1) ?? '';
    isEmpty = false;
  }
  rows.push(row);
  return rows;
}

/** Rows of exactly as much as fits. */
function hardWrap(text: string, cols: number): string[] {
  const width = Math.max(cols, 2);
  const rows: string[] = [];
  let row = '';
  let rowWidth = 0;
  for (const grapheme of graphemesOf(text)) {
    const cells = cellWidth(grapheme);
    if (rowWidth + cells > width) {
      rows.push(row);
      row = '';
      rowWidth = 0;
    }
    row += grapheme;
    rowWidth += cells;
  }
  rows.push(row);
  return rows;
}

/** Where the later rows of a line begin: below the first word behind its blanks and its bullet. */
function hangingIndent(given: string, line: string, cols: number): string {
  if (given !== '') return given;
  const lead = /^ *(?:(?:[-*+•]|\d{1,3}[.)]) +)?/.exec(line)?.[0] ?? '';
  return cellWidth(lead) <= cols * MAX_INDENT_SHARE ? ' '.repeat(cellWidth(lead)) : '';
}
