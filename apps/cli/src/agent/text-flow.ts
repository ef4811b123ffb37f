import { cellWidth } from '../cells.ts';
import { graphemesOf } from '../graphemes.ts';

/** A line of code that is longer than so many rows is not kept in one piece. */
const MAX_OPEN_ROWS = 4;
const TAB = '    ';
const FENCE = /^ *```/;
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
  /** Whether rows of the line have been handed out. */
  #isContinued = false;
  #isFence = false;

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
    return this.#line === '' ? [] : this.#isVerbatim() ? hardWrap(this.#line, cols) : this.#wrap(cols);
  }

  /** The rows of what is left. */
  end(cols: number): string[] {
    const rows = this.#line === '' ? [] : this.#finishLine(cols);
    this.#isCode = false;
    return rows;
  }

  #finishLine(cols: number): string[] {
    const rows = this.#isVerbatim() ? [this.#line] : this.#wrap(cols);
    if (this.#isFence) this.#isCode = !this.#isCode;
    this.#line = '';
    this.#indent = '';
    this.#isContinued = false;
    this.#isFence = false;
    return rows;
  }

  /** Whether the line is left as it is; what it is, code or a fence, is told by how it begins. */
  #isVerbatim(): boolean {
    if (!this.#isContinued) this.#isFence = FENCE.test(this.#line);
    return this.#isCode || this.#isFence;
  }

  /** Hands out the rows of the open line that are full: the words in them are whole, because others follow. */
  #settle(cols: number): string[] {
    // It fits, however wide its characters are: a line that comes in many pieces is not measured with each of them.
    if (this.#line.length * 2 + this.#indent.length <= cols) return [];
    if (this.#isVerbatim()) {
      const rows = hardWrap(this.#line, cols);
      if (rows.length <= MAX_OPEN_ROWS) return [];
      this.#line = rows.pop()!;
      this.#isContinued = true;
      return rows;
    }
    const rows = this.#layOut(cols);
    const open = rows.pop()!;
    if (rows.length === 0) return [];
    this.#indent = ' '.repeat(cellWidth(this.#lead(cols)));
    this.#line = this.#line.slice(open.at);
    this.#isContinued = true;
    return rows.map((row) => row.text);
  }

  #wrap(cols: number): string[] {
    return this.#layOut(cols).map((row) => row.text);
  }

  #layOut(cols: number): Row[] {
    const lead = this.#lead(cols);
    return layOut(lead, this.#line, this.#isContinued ? 0 : lead.length, cols);
  }

  /** What stands before the first word of the row that is next; nothing where it would leave too little room. */
  #lead(cols: number): string {
    const lead = this.#isContinued ? this.#indent : leadOf(this.#line);
    return cellWidth(lead) <= cols * MAX_INDENT_SHARE ? lead : '';
  }
}

/** The rows of a text that is whole. */
export function wrapped(text: string, cols: number): string[] {
  const flow = new TextFlow();
  return [...flow.push(text, cols), ...flow.end(cols)];
}

/** The same, with code in rows of its own making too: none is wider than the window, as what is drawn again needs it. */
export function wrappedToFit(text: string, cols: number): string[] {
  return wrapped(text, cols).flatMap((row) => hardWrap(row, cols));
}

interface Row {
  text: string;
  /** Where in the line it begins. */
  readonly at: number;
}

/**
 * The words of `line` from `from` on in rows of at most `cols` cells, at least one; words that are longer than a row are broken. The first
 * row begins with `lead`, the others with as many blanks. Blanks that do not fit at the end of a row are left out.
 */
function layOut(lead: string, line: string, from: number, cols: number): Row[] {
  const indent = ' '.repeat(cellWidth(lead));
  let row: Row = { text: lead, at: 0 };
  const rows = [row];
  let hasWord = false;
  for (const { index, 1: blanks = '', 2: word = '' } of line.slice(from).matchAll(/( *)([^ ]*)/g)) {
    if (cellWidth(row.text) + blanks.length + cellWidth(word) <= cols) {
      row.text += blanks + word;
    } else if (word !== '') {
      let at = from + index + blanks.length;
      for (const part of hardWrap(word, cols - indent.length)) {
        if (hasWord) {
          row = { text: indent, at };
          rows.push(row);
        }
        row.text += part;
        at += part.length;
        hasWord = true;
      }
    }
    hasWord ||= word !== '';
  }
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

/** The blanks and the bullet that a line begins with. */
function leadOf(line: string): string {
  return /^ *(?:(?:[-*+•]|\d{1,3}[.)]) +)?/.exec(line)?.[0] ?? '';
}
