import { readEscapeSequence } from './escape-sequence.ts';
import { TerminalModes } from './terminal-modes.ts';
import { isTerminalQuery } from './terminal-query.ts';

/** A longer unfinished sequence is passed on as it is. */
const MAX_SEQUENCE_BYTES = 4_096;
const ESC = 0x1b;

/**
 * Prepares a session's output for the terminal of the person who looks at it.
 *
 * Live output passes unchanged and undelayed; of replayed output, the questions to the terminal are left out
 * ({@link isTerminalQuery}). Both are watched, so that {@link ScreenOutput.restoring} knows what to undo.
 * Sequences may be cut anywhere between two pushes.
 */
export class ScreenOutput {
  readonly #modes = new TerminalModes();
  /** An unfinished sequence at the end of the last push. */
  #rest: Uint8Array = new Uint8Array();
  #restIsWritten = false;

  /** Returns what to write; shares memory with `bytes` where it can. */
  push(bytes: Uint8Array, replay: boolean): Uint8Array {
    const held = this.#rest;
    const written = this.#restIsWritten ? held.length : 0;
    const all = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    this.#rest = new Uint8Array();
    const pieces: Uint8Array[] = [];
    let copied = written;
    let at = all.indexOf(ESC);
    while (at >= 0) {
      const sequence = readEscapeSequence(all, at);
      if (sequence === 'incomplete') {
        if (all.length - at <= MAX_SEQUENCE_BYTES) {
          this.#rest = all.slice(at);
          this.#restIsWritten = !replay;
        }
        break;
      }
      if (sequence === 'malformed') {
        at = all.indexOf(ESC, at + 1);
        continue;
      }
      if (replay && isTerminalQuery(sequence)) {
        if (at > copied) pieces.push(all.subarray(copied, at));
        copied = Math.max(copied, sequence.end);
      } else this.#modes.note(sequence);
      at = all.indexOf(ESC, sequence.end);
    }
    const end = this.#rest.length > 0 && replay ? all.length - this.#rest.length : all.length;
    if (end > copied) pieces.push(all.subarray(copied, end));
    if (pieces.length === 1) return pieces[0]!;
    return pieces.length === 0 ? new Uint8Array() : Buffer.concat(pieces);
  }

  /** What to write so that the terminal is as before the session, as far as a program can leave it otherwise. */
  restoring(): string {
    return this.#modes.restoring();
  }
}
