import type { Key } from 'node:readline';
import type { EditAction } from './line-editor.ts';

/** What a key of a chat means. */
export type ChatKey =
  | { readonly kind: 'insert'; readonly text: string }
  | { readonly kind: 'edit'; readonly action: EditAction }
  | { readonly kind: 'submit' }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'endOfInput' }
  | { readonly kind: 'escape' }
  | { readonly kind: 'editor' }
  | { readonly kind: 'redraw' };

const CONTROL_EDITS: Readonly<Record<string, EditAction>> = {
  a: 'home',
  e: 'end',
  b: 'left',
  f: 'right',
  p: 'up',
  n: 'down',
  h: 'backspace',
  w: 'killWord',
  k: 'killToEnd',
  u: 'killToStart',
  y: 'yank',
  j: 'newline',
  left: 'wordLeft',
  right: 'wordRight',
};

const META_EDITS: Readonly<Record<string, EditAction>> = {
  b: 'wordLeft',
  f: 'wordRight',
  left: 'wordLeft',
  right: 'wordRight',
  backspace: 'killWord',
  return: 'newline',
  enter: 'newline',
};

const EDITS: Readonly<Record<string, EditAction>> = {
  left: 'left',
  right: 'right',
  up: 'up',
  down: 'down',
  home: 'home',
  end: 'end',
  backspace: 'backspace',
  delete: 'delete',
  // Ctrl-J as node names it.
  enter: 'newline',
};

const ACTS: Readonly<Record<string, ChatKey>> = {
  c: { kind: 'interrupt' },
  d: { kind: 'endOfInput' },
  g: { kind: 'editor' },
  l: { kind: 'redraw' },
};

/**
 * Reads the keys of a person as `readline` tells them; what is pasted is text, whatever it holds. Stateful only in whether something is being
 * pasted.
 */
export class ChatKeys {
  #isPasting = false;
  #wasReturn = false;

  /** What a key means; `undefined` for those that mean nothing. */
  read(text: string | undefined, key: Key): ChatKey | undefined {
    if (key.name === 'paste-start' || key.name === 'paste-end') {
      this.#isPasting = key.name === 'paste-start';
      this.#wasReturn = false;
      return undefined;
    }
    if (this.#isPasting) return this.#paste(text ?? key.sequence ?? '');
    const name = key.name ?? '';
    if (key.meta === true) {
      const edit = META_EDITS[name];
      if (edit !== undefined) return { kind: 'edit', action: edit };
    }
    if (name === 'escape') return { kind: 'escape' };
    if (key.ctrl === true) {
      const edit = CONTROL_EDITS[name];
      return edit === undefined ? ACTS[name] : { kind: 'edit', action: edit };
    }
    if (name === 'return') return { kind: 'submit' };
    const edit = EDITS[name];
    if (edit !== undefined) return { kind: 'edit', action: edit };
    return text === undefined ? undefined : typed(text);
  }

  /** Line ends come as any of three, and piece by piece. */
  #paste(text: string): ChatKey | undefined {
    const isRest = this.#wasReturn && text.startsWith('\n');
    this.#wasReturn = text.endsWith('\r');
    const lines = (isRest ? text.slice(1) : text).replace(/\r\n?/g, '\n').replace(/\t/g, '    ');
    const clean = lines.replace(/[^\P{Cc}\n]/gu, '');
    return clean === '' ? undefined : { kind: 'insert', text: clean };
  }
}

function typed(text: string): ChatKey | undefined {
  const clean = text.replace(/\p{Cc}/gu, '');
  return clean === '' ? undefined : { kind: 'insert', text: clean };
}
