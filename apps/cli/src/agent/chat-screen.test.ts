import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Context } from '../context.ts';
import { ChatScreen, fitted, frameText, type LiveArea } from './chat-screen.ts';

const TOKEN = new RegExp(`${'\u001b'}(?:\\[(?:(\\d*)([ABCJK])|\\?\\d+[hl])|[78])|[^]`, 'g');

/**
 * As much of a terminal as frames use: text, CR, LF, cursor up, down and right, the cursor kept and back, erasing to the right and below. Rows are broken
 * at the last column, and the last one is the bottom of the window. Everything erased at once is kept, as by tmux.
 */
class TinyTerminal {
  rows: string[] = [''];
  row = 0;
  col = 0;
  scrolledBack: string[] = [];
  #kept: readonly [row: number, col: number] = [0, 0];
  readonly #cols: number;

  constructor(cols: number) {
    this.#cols = cols;
  }

  write(text: string): void {
    for (const [token, count, act] of text.matchAll(TOKEN)) {
      if (act === 'A') this.row = Math.max(this.row - Number(count), 0);
      else if (act === 'B') this.row = Math.min(this.row + 1, this.rows.length - 1);
      else if (act === 'C') this.col += Number(count);
      else if (act === 'K') this.rows[this.row] = this.rows[this.row]!.slice(0, this.col);
      else if (token === '\x1b7') this.#kept = [this.row, this.col];
      else if (token === '\x1b8') [this.row, this.col] = this.#kept;
      else if (act === 'J') {
        if (this.row === 0 && this.col === 0) this.scrolledBack.push(...this.rows);
        this.rows = this.rows.slice(0, this.row + 1);
        this.rows[this.row] = this.rows[this.row]!.slice(0, this.col);
      } else if (token === '\r') this.col = 0;
      else if (token === '\n') this.#down();
      else if (!token.startsWith('\x1b')) this.#put(token);
    }
  }

  #put(character: string): void {
    if (this.col === this.#cols) {
      this.#down();
      this.col = 0;
    }
    const row = this.rows[this.row]!.padEnd(this.col);
    this.rows[this.row] = row.slice(0, this.col) + character + row.slice(this.col + 1);
    this.col += 1;
  }

  #down(): void {
    this.row += 1;
    this.rows[this.row] ??= '';
  }
}

const EMPTY: LiveArea = { rows: [''], cursorRow: 0, cursorCol: 0 };
const COLS = 12;

function area(rows: readonly string[], cursorRow = rows.length - 1): LiveArea {
  return { rows, cursorRow, cursorCol: rows[cursorRow]!.length };
}

describe('a live area', () => {
  it('stays below what is printed, and the cursor is in it', () => {
    const terminal = new TinyTerminal(COLS);
    const first = area(['status', '> typ'], 0);
    terminal.write(frameText(EMPTY, COLS, COLS, ['one'], first));
    expect(terminal.rows).toEqual(['one', 'status', '> typ']);
    expect([terminal.row, terminal.col]).toEqual([1, 6]);
    terminal.write(frameText(first, COLS, COLS, ['two', 'three'], area(['> x'])));
    expect(terminal.rows).toEqual(['one', 'two', 'three', '> x']);
    expect([terminal.row, terminal.col]).toEqual([3, 3]);
  });

  it('as high as the window leaves no copies of itself to be scrolled back to', () => {
    const terminal = new TinyTerminal(COLS);
    let shown = EMPTY;
    for (const second of ['1', '2', '3']) {
      const next = area(['question', `for ${second} s`, '> ']);
      terminal.write(frameText(shown, COLS, COLS, [], next));
      shown = next;
    }
    expect(terminal.rows).toEqual(['question', 'for 3 s', '> ']);
    expect(terminal.scrolledBack.filter((row) => row !== '')).toEqual([]);
  });

  it('that is higher than the window shows its end, with the cursor', () => {
    expect(fitted(area(['1', '2', '3', '4']), 2)).toEqual({ rows: ['3', '4'], cursorRow: 1, cursorCol: 1 });
    expect(fitted(area(['1', '2']), 5)).toEqual(area(['1', '2']));
  });

  it('leaves nothing of itself behind, whatever comes', () => {
    const rows = fc.array(fc.stringMatching(/^[a-z]{0,12}$/), { minLength: 1, maxLength: 5 });
    const step = fc.record({
      printed: fc.array(fc.stringMatching(/^[A-Z]{0,12}$/), { maxLength: 4 }),
      rows,
      at: fc.nat(4),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        const terminal = new TinyTerminal(COLS);
        let shown = EMPTY;
        for (const { printed, rows: live, at } of steps) {
          const next = area(live, Math.min(at, live.length - 1));
          terminal.write(frameText(shown, COLS, COLS, printed, next));
          shown = next;
        }
        const stays = steps.flatMap(({ printed }) => printed);
        const seen = [...stays, ...shown.rows];
        const below = seen.length;
        expect(terminal.rows.slice(0, below).map((row) => row.trimEnd())).toEqual(seen);
        expect(terminal.rows.slice(below).join('')).toBe('');
        expect(terminal.row).toBe(stays.length + shown.cursorRow);
      }),
    );
  });

  it('is found again where a narrower window has broken its rows', () => {
    const shown = area(['a'.repeat(20), 'b'.repeat(8)]);
    const frame = frameText(shown, 24, 8, [], area(['x']));
    // Three rows for the first one, and the cursor at the very end of the second stands on one more.
    expect(frame).toContain('\x1b[4A');
    expect(frameText(shown, 24, 30, [], area(['x']))).toContain('\x1b[1A');
  });

  it.each([
    // 19 wide letters fit into 39 cells, and one cell stays empty.
    ['界'.repeat(38), 0, '\x1b[2A'],
    ['界'.repeat(39), 0, '\x1b[3A'],
    [`› ${'界'.repeat(38)}`, 0, '\x1b[3A'],
    [`\x1b[2m${'界'.repeat(19)}a\x1b[22m`, 0, '\x1b[1A'],
    ['', 19 * 2, '\x1b[2A'],
    ['', 19 * 2 - 1, '\x1b[1A'],
  ])('is found again where %j was broken, and the cursor %d cells into a row of wide letters', (row, col, up) => {
    const shown = { rows: [row, '界'.repeat(30)], cursorRow: 1, cursorCol: col };
    expect(frameText(shown, 100, 39, [], area(['x']))).toContain(`\r${up}\x1b7`);
  });
});

/** A terminal that takes what is written when it is told to. */
function slowTerminal() {
  const written: string[] = [];
  const taken: (() => void)[] = [];
  const write = (data: Uint8Array): Promise<void> => {
    written.push(Buffer.from(data).toString());
    return new Promise((resolve) => taken.push(resolve));
  };
  const screen = { columns: 40, rows: 10, write: () => true, on: () => {}, off: () => {} };
  const context = { output: { write }, screen } as unknown as Context;
  return { chat: new ChatScreen(context), written, take: () => taken.shift()?.() };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a slow terminal', () => {
  it('gets the newest area once it has taken the one before, and none between', async () => {
    const { chat, written, take } = slowTerminal();
    for (const text of ['first', 'second', 'third']) {
      chat.draw(() => area([text]));
      await turn();
    }
    expect(written).toHaveLength(1);
    take();
    await turn();
    expect(written).toHaveLength(2);
    expect(written[1]).toContain('third');
  });

  it('is left without an area', async () => {
    const { chat, written, take } = slowTerminal();
    chat.draw(() => area(['status']));
    await turn();
    const left = chat.leave();
    take();
    await turn();
    take();
    await left;
    expect(written).toHaveLength(2);
    expect(written[1]).not.toContain('status');
  });
});
