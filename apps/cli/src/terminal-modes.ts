import type { EscapeSequence } from './escape-sequence.ts';

/** Private modes that are on in a fresh terminal: wrapping at the margin, a visible cursor. */
const ON_BY_DEFAULT: ReadonlySet<number> = new Set([7, 25]);
const ALTERNATE_SCREENS: readonly number[] = [47, 1047, 1049];
/** Nothing sets more; a hostile stream must not grow the table. */
const MAX_MODES = 256;
const MAX_KEYBOARD_DEPTH = 32;

/**
 * What a program has switched on in the terminal, so that exactly this can be switched off again when the program does
 * not do it itself: on detach, or when it was killed.
 */
export class TerminalModes {
  readonly #modes = new Map<number, boolean>();
  #applicationKeypad = false;
  #modifyOtherKeys = false;
  #keyboardDepth = 0;
  #cursorStyle = false;
  #margins = false;
  #lineDrawing = false;

  /** Takes note of a sequence that is written to the terminal. */
  note({ kind, body, final }: EscapeSequence): void {
    if (kind === 'csi') this.#noteCsi(body, final);
    else if (kind === 'other') this.#noteShort(body, final);
  }

  /** The sequences that undo everything noted; attributes are always reset. */
  restoring(): string {
    const parts = ['\x1b[m'];
    if (this.#lineDrawing) parts.push('\x1b(B\x0f');
    if (this.#applicationKeypad) parts.push('\x1b>');
    if (this.#modifyOtherKeys) parts.push('\x1b[>4m');
    if (this.#keyboardDepth > 0) parts.push(`\x1b[<${this.#keyboardDepth}u`);
    if (this.#cursorStyle) parts.push('\x1b[0 q');
    const changed = [...this.#modes].filter(([mode, isOn]) => isOn !== ON_BY_DEFAULT.has(mode));
    const screens = changed.filter(([mode]) => ALTERNATE_SCREENS.includes(mode));
    for (const [mode, isOn] of changed) {
      if (!ALTERNATE_SCREENS.includes(mode)) parts.push(`\x1b[?${mode}${isOn ? 'l' : 'h'}`);
    }
    // Margins move the cursor when they are set, hence the saving around them.
    if (this.#margins) parts.push('\x1b7\x1b[r\x1b8');
    // Last, because leaving the alternate screen brings the saved cursor back.
    for (const [mode] of screens) parts.push(`\x1b[?${mode}l`);
    return parts.join('');
  }

  #noteCsi(body: string, final: string): void {
    if ((final === 'h' || final === 'l') && body.startsWith('?')) {
      for (const mode of body.slice(1).split(';')) this.#noteMode(Number(mode), final === 'h');
    } else if (final === 'm' && body.startsWith('>4')) {
      this.#modifyOtherKeys = /^>4;[1-9]/.test(body);
    } else if (final === 'u' && body.startsWith('>')) {
      this.#keyboardDepth = Math.min(this.#keyboardDepth + 1, MAX_KEYBOARD_DEPTH);
    } else if (final === 'u' && body.startsWith('<')) {
      this.#keyboardDepth = Math.max(this.#keyboardDepth - (Number(body.slice(1)) || 1), 0);
    } else if (final === 'q' && body.endsWith(' ')) {
      this.#cursorStyle = !/^0? $/.test(body);
    } else if (final === 'r' && /^[\d;]*$/.test(body)) {
      this.#margins = body !== '';
    }
  }

  #noteMode(mode: number, isOn: boolean): void {
    if (!Number.isInteger(mode) || (!this.#modes.has(mode) && this.#modes.size >= MAX_MODES)) return;
    this.#modes.set(mode, isOn);
  }

  #noteShort(body: string, final: string): void {
    if (body === '' && final === 'c') this.#forget();
    else if (body === '' && (final === '=' || final === '>')) this.#applicationKeypad = final === '=';
    else if (body === '(') this.#lineDrawing = final === '0';
  }

  /** The program has reset the terminal itself. */
  #forget(): void {
    this.#modes.clear();
    this.#applicationKeypad = false;
    this.#modifyOtherKeys = false;
    this.#keyboardDepth = 0;
    this.#cursorStyle = false;
    this.#margins = false;
    this.#lineDrawing = false;
  }
}
