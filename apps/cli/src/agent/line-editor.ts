import { cellWidth } from '../cells.ts';
import { graphemesOf } from '../graphemes.ts';
import { plainText } from './plain-text.ts';

/** Entries that can be brought back. */
const MAX_HISTORY = 200;
/** As much as the protocol lets a person say. */
const MAX_CHARS = 1_048_576;

/** What a key does to a line. */
export type EditAction =
  | 'left'
  | 'right'
  | 'wordLeft'
  | 'wordRight'
  | 'home'
  | 'end'
  | 'up'
  | 'down'
  | 'backspace'
  | 'delete'
  | 'killWord'
  | 'killToEnd'
  | 'killToStart'
  | 'yank'
  | 'newline';

/** A line, or several, as they are drawn. */
export interface LineLayout {
  readonly rows: readonly string[];
  readonly cursorRow: number;
  readonly cursorCol: number;
}

/** What stands for a tab. */
const TAB = '    ';

/**
 * The text a person types, with a cursor in it and what was typed before: at most 1 MiB, and 200 entries. The text is kept as it was given, and
 * drawn so that a terminal obeys nothing in it: an agent may have suggested it.
 */
export class LineEditor {
  #text = '';
  /** Offset in UTF-16 units, between two graphemes. */
  #cursor = 0;
  #killed = '';
  readonly #history: string[] = [];
  /** Place in the history; its length: not there. */
  #place = 0;
  #draft = '';

  get text(): string {
    return this.#text;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** Puts text at the cursor; what would be too much is left out. */
  insert(text: string): void {
    const fitting = text.slice(0, Math.max(MAX_CHARS - this.#text.length, 0));
    this.#text = this.#before + fitting + this.#after;
    this.#cursor += fitting.length;
  }

  /** Takes the place of everything, with the cursor at the end. */
  set(text: string): void {
    this.#text = text.slice(0, MAX_CHARS);
    this.#cursor = this.#text.length;
    this.#place = this.#history.length;
  }

  /** Takes the text out; with `remember` it can be brought back. */
  take(remember: boolean): string {
    const text = this.#text;
    if (remember && text.trim() !== '' && this.#history.at(-1) !== text) {
      this.#history.push(text);
      if (this.#history.length > MAX_HISTORY) this.#history.shift();
    }
    this.set('');
    return text;
  }

  act(action: EditAction): void {
    switch (action) {
      case 'left':
        this.#cursor -= lastGrapheme(this.#before).length;
        break;
      case 'right':
        this.#cursor += firstGrapheme(this.#after).length;
        break;
      case 'wordLeft':
        this.#cursor -= wordBefore(this.#before).length;
        break;
      case 'wordRight':
        this.#cursor += (/^\W*\w*/u.exec(this.#after)?.[0] ?? '').length;
        break;
      case 'home':
        this.#cursor = this.#before.lastIndexOf('\n') + 1;
        break;
      case 'end':
        this.#cursor += lineRest(this.#after).length;
        break;
      case 'up':
        this.#vertical(-1);
        break;
      case 'down':
        this.#vertical(1);
        break;
      case 'backspace':
        this.#erase(lastGrapheme(this.#before).length);
        break;
      case 'delete':
        this.#eraseAfter(firstGrapheme(this.#after).length);
        break;
      case 'killWord':
        this.#killed = wordBefore(this.#before);
        this.#erase(this.#killed.length);
        break;
      case 'killToEnd':
        this.#killed = lineRest(this.#after);
        this.#eraseAfter(this.#killed.length);
        break;
      case 'killToStart':
        this.#killed = this.#before.slice(this.#before.lastIndexOf('\n') + 1);
        this.#erase(this.#killed.length);
        break;
      case 'yank':
        this.insert(this.#killed);
        break;
      case 'newline':
        this.insert('\n');
        break;
    }
  }

  /** The rows for a window, behind a label on the first one and set in below it; at most `maxRows`, those around the cursor. */
  layout(label: string, cols: number, maxRows: number): LineLayout {
    const indent = ' '.repeat(cellWidth(label));
    const rows = [label];
    let width = cellWidth(label);
    let at = 0;
    let cursor = { row: 0, col: width };
    for (const grapheme of graphemesOf(this.#text)) {
      if (at === this.#cursor) cursor = { row: rows.length - 1, col: width };
      const isBreak = grapheme === '\n' || grapheme === '\r\n';
      const shown = isBreak ? '' : shownAs(grapheme);
      const cells = cellWidth(shown);
      if (isBreak || width + cells > cols) {
        rows.push(indent);
        width = indent.length;
      }
      if (at === this.#cursor && !isBreak) cursor = { row: rows.length - 1, col: width };
      rows[rows.length - 1] += shown;
      width += cells;
      at += grapheme.length;
    }
    if (at === this.#cursor) cursor = { row: rows.length - 1, col: width };
    const from = Math.max(Math.min(cursor.row - maxRows + 1, rows.length - maxRows), 0);
    return { rows: rows.slice(from, from + maxRows), cursorRow: cursor.row - from, cursorCol: cursor.col };
  }

  get #before(): string {
    return this.#text.slice(0, this.#cursor);
  }

  get #after(): string {
    return this.#text.slice(this.#cursor);
  }

  #erase(length: number): void {
    this.#text = this.#before.slice(0, this.#before.length - length) + this.#after;
    this.#cursor -= length;
  }

  #eraseAfter(length: number): void {
    this.#text = this.#before + this.#after.slice(length);
  }

  /** To the line above or below, and beyond the first and last one to what was typed before. */
  #vertical(by: -1 | 1): void {
    const start = this.#before.lastIndexOf('\n') + 1;
    const col = this.#cursor - start;
    if (by === -1 && start > 0) {
      const above = this.#text.lastIndexOf('\n', start - 2) + 1;
      this.#cursor = Math.min(above + col, start - 1);
    } else if (by === 1 && this.#after.includes('\n')) {
      const below = this.#cursor + lineRest(this.#after).length + 1;
      this.#cursor = Math.min(below + col, below + lineRest(this.#text.slice(below)).length);
    } else this.#browse(by);
  }

  #browse(by: -1 | 1): void {
    const place = this.#place + by;
    if (place < 0 || place > this.#history.length) return;
    if (this.#place === this.#history.length) this.#draft = this.#text;
    this.#text = this.#history[place] ?? this.#draft;
    this.#cursor = this.#text.length;
    this.#place = place;
  }
}

function shownAs(grapheme: string): string {
  if (grapheme === '\t') return TAB;
  // Alone it would be taken for the end of a line.
  return grapheme === '\r' ? '^M' : plainText(grapheme);
}

function lastGrapheme(text: string): string {
  return [...graphemesOf(text.slice(-32))].at(-1) ?? '';
}

function firstGrapheme(text: string): string {
  return [...graphemesOf(text.slice(0, 32))][0] ?? '';
}

function wordBefore(text: string): string {
  return /[^\s]*\s*$/u.exec(text)?.[0] ?? '';
}

function lineRest(text: string): string {
  const end = text.indexOf('\n');
  return end < 0 ? text : text.slice(0, end);
}
