import { cellWidth } from '../cells.ts';
import type { Context } from '../context.ts';
import { graphemesOf } from '../graphemes.ts';
import { Terminal, type WindowSize, windowSize } from '../terminal.ts';
import { plainText } from './plain-text.ts';

/** What stands below the conversation and is drawn again and again, with the cursor in it. */
export interface LiveArea {
  readonly rows: readonly string[];
  readonly cursorRow: number;
  readonly cursorCol: number;
}

/** Pasted text comes between marks, so that its line feeds send nothing. */
const PASTE_ON = '\x1b[?2004h';
/** What terminals that know it show at once, and others ignore. */
const FRAME_BEGIN = '\x1b[?2026h\x1b[?25l';
const FRAME_END = '\x1b[?25h\x1b[?2026l';
/**
 * From the beginning of a row on, in two steps: tmux for one takes the erasing of everything from the first cell on for a `clear`, and keeps a copy in
 * what can be scrolled back to, of an area as high as the window one with every frame.
 */
const ERASE_BELOW = '\x1b7\x1b[K\x1b[B\x1b[J\x1b8';
/** So much may wait to be written before whoever prints has to wait. */
const MAX_WAITING_CHARS = 64 * 1024;

const EMPTY: LiveArea = { rows: [''], cursorRow: 0, cursorCol: 0 };

/**
 * The caller's terminal as a conversation: rows that stay and scroll away as usual, and below them a live area. On every way out the terminal
 * is as it was, as {@link Terminal} has it.
 *
 * What comes within one turn of the event loop is written in one piece. While the terminal takes nothing, areas are left out and the newest is
 * drawn when it does again.
 */
export class ChatScreen {
  readonly #context: Context;
  readonly #terminal: Terminal;
  #printed: string[] = [];
  #waitingChars = 0;
  #next: (() => LiveArea) | undefined;
  #shown: LiveArea = EMPTY;
  #cols: number;
  #isWriting = false;
  #isScheduled = false;
  #isLent = false;
  #lending: Promise<void> = Promise.resolve();
  /** There is something to write. */
  #isDue = false;
  #onWritten: (() => void)[] = [];

  constructor(context: Context) {
    this.#context = context;
    this.#terminal = new Terminal(context);
    this.#cols = windowSize(context).cols;
  }

  get size(): WindowSize {
    return windowSize(this.#context);
  }

  enter(): void {
    this.#terminal.enter();
    void this.#write(PASTE_ON).catch(() => {});
  }

  /** Hears new sizes of the window. Returns the end of that. */
  onResize(listener: () => void): () => void {
    return this.#terminal.onResize(listener);
  }

  /** Rows to stay, above the live area. Resolves when the terminal is not too far behind. Never rejects. */
  print(rows: readonly string[]): Promise<void> {
    for (const row of rows) {
      this.#printed.push(row);
      this.#waitingChars += row.length;
    }
    this.#schedule();
    if (this.#waitingChars <= MAX_WAITING_CHARS) return Promise.resolve();
    return new Promise((resolve) => this.#onWritten.push(resolve));
  }

  /** Shows, soon, what `area` then makes. */
  draw(area: () => LiveArea): void {
    this.#next = area;
    this.#schedule();
  }

  /** Takes the live area away, writes what waits, and gives the terminal back, when it is not lent any more. Never rejects. */
  async leave(): Promise<void> {
    await this.#lending;
    this.#next = () => EMPTY;
    await this.#flush();
    this.#terminal.restore();
  }

  /** Gives the terminal to another program for as long as `use` takes; what is printed meanwhile waits. */
  lend(use: () => Promise<void>): Promise<void> {
    const lending = this.#lend(use);
    this.#lending = lending.catch(() => {});
    return lending;
  }

  async #lend(use: () => Promise<void>): Promise<void> {
    const area = this.#next;
    this.#next = () => EMPTY;
    await this.#flush();
    this.#isLent = true;
    this.#terminal.restore();
    try {
      await use();
    } finally {
      this.#isLent = false;
      this.#terminal.enter();
      await this.#write(PASTE_ON).catch(() => {});
      if (area !== undefined) this.draw(area);
    }
  }

  /** Gives the terminal back at once. Idempotent, never throws. */
  restore(): void {
    this.#terminal.restore();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    if (this.#isLent) return;
    this.#isDue = true;
    if (this.#isWriting) return new Promise<void>((resolve) => this.#onWritten.push(resolve));
    this.#isWriting = true;
    try {
      while (this.#isDue) {
        this.#isDue = false;
        const printed = this.#printed;
        this.#printed = [];
        this.#waitingChars = 0;
        await this.#write(this.#frame(printed));
      }
    } catch {
      // The program is told to end; whoever waits for that hears of it there.
    } finally {
      this.#isWriting = false;
      for (const resolve of this.#onWritten.splice(0)) resolve();
    }
  }

  #frame(printed: readonly string[]): string {
    const { cols, rows } = this.size;
    const next = this.#next?.() ?? EMPTY;
    const area = fitted(next, rows);
    const frame = frameText(this.#shown, this.#cols, cols, printed, area);
    this.#shown = area;
    this.#cols = cols;
    return frame;
  }

  #write(text: string): Promise<void> {
    return this.#context.output.write(this.#terminal.screen.push(Buffer.from(text), false));
  }
}

/** As much of the area as a window has rows for: its end, where the cursor is. */
export function fitted(area: LiveArea, rows: number): LiveArea {
  const surplus = Math.min(Math.max(area.rows.length - rows, 0), area.cursorRow);
  if (surplus === 0) return area;
  return { rows: area.rows.slice(surplus), cursorRow: area.cursorRow - surplus, cursorCol: area.cursorCol };
}

/**
 * What makes one live area the next: back to its first row, which, where the window has become narrower, is as much further up as its rows were
 * broken; everything below is erased; then the rows that stay, and the new area with the cursor in its place.
 */
export function frameText(
  shown: LiveArea,
  shownCols: number,
  cols: number,
  printed: readonly string[],
  area: LiveArea,
): string {
  const broken = (row: string, cells: number): number => (cols < shownCols ? breaksBefore(row, cells, cols) : 0);
  const above = shown.rows.slice(0, shown.cursorRow).map((row) => 1 + broken(row, Math.max(visibleWidth(row) - 1, 0)));
  const within = broken(shown.rows[shown.cursorRow] ?? '', shown.cursorCol);
  const up = above.reduce((sum, rows) => sum + rows, within);
  const below = area.rows.length - 1 - area.cursorRow;
  return [
    FRAME_BEGIN,
    `\r${up > 0 ? `\x1b[${up}A` : ''}${ERASE_BELOW}`,
    ...printed.map((row) => `${row}\r\n`),
    area.rows.join('\r\n'),
    `\r${below > 0 ? `\x1b[${below}A` : ''}${area.cursorCol > 0 ? `\x1b[${area.cursorCol}C` : ''}`,
    FRAME_END,
  ].join('');
}

/** How often a row is broken before its cell number `cells` in a window of `cols`: one cell too early where a wide character would be halved. */
function breaksBefore(row: string, cells: number, cols: number): number {
  let breaks = 0;
  let width = 0;
  let col = 0;
  for (const grapheme of graphemesOf(plainText(row))) {
    const own = cellWidth(grapheme);
    if (col + own > cols) {
      breaks += 1;
      col = 0;
    }
    if (width + own > cells) return breaks;
    width += own;
    col += own;
  }
  return breaks + Math.max(Math.floor((col + cells - width) / cols), 0);
}

function visibleWidth(row: string): number {
  return cellWidth(plainText(row));
}
