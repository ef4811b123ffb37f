import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';

const DIGITS = 14;

/**
 * The number of the last batch that was written, in a file beside the store. A log that loses its end loses it without a word; the mark then says
 * how much is missing. It is written after every batch and not synced, so that it can be behind, but never ahead of what was there.
 */
export class CommitMark {
  readonly #file: number;

  private constructor(file: number) {
    this.#file = file;
  }

  /** Makes the file if there is none. */
  static open(path: string): CommitMark {
    const { O_RDWR, O_CREAT } = constants;
    return new CommitMark(openSync(path, O_RDWR | O_CREAT, 0o600));
  }

  /** 0 when there is none. */
  read(): number {
    const bytes = Buffer.alloc(DIGITS);
    const read = readSync(this.#file, bytes, 0, DIGITS, 0);
    const number = Number.parseInt(bytes.toString('latin1', 0, read), 16);
    return read === DIGITS && Number.isSafeInteger(number) ? number : 0;
  }

  write(commits: number): void {
    try {
      writeSync(this.#file, commits.toString(16).padStart(DIGITS, '0'), 0, 'latin1');
    } catch {
      // It only helps to notice a loss; the batch itself was written.
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}
