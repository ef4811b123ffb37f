import type { Context } from '../context.ts';
import { Terminal, type WindowSize } from '../terminal.ts';

/** The alternate screen, without a cursor, and without wrapping, so that nothing a line holds can scroll it. */
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[H\x1b[2J';

/**
 * The caller's whole terminal, drawn line by line; on every way out it is as it was, as {@link Terminal} has it.
 *
 * Only lines that changed are written, in one piece, so that nothing flickers. While the terminal takes nothing, pages are left out, and the
 * newest is drawn when it does again.
 */
export class FullScreen {
  readonly #output: Context['output'];
  readonly #terminal: Terminal;
  #shown: readonly string[] = [];
  #next: readonly string[] | undefined;
  #isWriting = false;

  constructor(context: Context) {
    this.#output = context.output;
    this.#terminal = new Terminal(context);
  }

  /** Takes the terminal over. Rejects when it takes no output any more. */
  async enter(): Promise<void> {
    this.#terminal.enter();
    await this.#write(ENTER);
  }

  /** Hears new sizes of the window, whose content is drawn anew then. Returns the end of that. */
  onResize(listener: (size: WindowSize) => void): () => void {
    return this.#terminal.onResize((size) => {
      this.#shown = [];
      listener(size);
    });
  }

  /** Shows these lines, which must be cut to the window, soon. Never throws: what ends output ends the program otherwise. */
  draw(lines: readonly string[]): void {
    this.#next = lines;
    if (!this.#isWriting) void this.#drawNext();
  }

  /** Gives the terminal back. Idempotent, never throws. */
  leave(): void {
    this.#terminal.restore();
  }

  async #drawNext(): Promise<void> {
    this.#isWriting = true;
    try {
      for (let lines = this.#next; lines !== undefined; lines = this.#next) {
        this.#next = undefined;
        const changes = changedLines(this.#shown, lines);
        this.#shown = lines;
        await this.#write(changes);
      }
    } catch {
      // The program is told to end; whoever waits for that hears of it there.
    } finally {
      this.#isWriting = false;
    }
  }

  #write(text: string): Promise<void> {
    return this.#output.write(this.#terminal.screen.push(Buffer.from(text), false));
  }
}

/** What makes the one page of the other: each line that differs, erased to its end; all of them when there are more or fewer. */
export function changedLines(before: readonly string[], after: readonly string[]): string {
  const isOther = before.length !== after.length;
  const changes = after.map((line, at) => (isOther || before[at] !== line ? `\x1b[${at + 1};1H${line}\x1b[K` : ''));
  return `${isOther ? '\x1b[2J' : ''}${changes.join('')}`;
}
