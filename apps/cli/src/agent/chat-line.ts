import type { DialogRequest } from '@sessiond/protocol';
import { type EditAction, LineEditor } from './line-editor.ts';

/**
 * What a person types in a chat: a message, or, while a question is asked, the answer to it, which has a line of its own. What was being typed
 * comes back afterwards. A question may come between any two keys, so what was meant for the one line never counts for the other.
 */
export class ChatLine {
  readonly editor: LineEditor = new LineEditor();
  #asked: DialogRequest | undefined;
  #draft = '';
  #isTouched = false;

  /** The question whose answer is typed. */
  get asked(): DialogRequest | undefined {
    return this.#asked;
  }

  /** Whether a question came while a message was typed, and nothing was typed since: Enter was not meant for it. */
  get isSurprised(): boolean {
    return this.#asked !== undefined && this.#draft !== '' && !this.#isTouched;
  }

  /** The question that is asked now, if there is one; to be told whenever that may be another one. */
  ask(dialog: DialogRequest | undefined): void {
    if (dialog?.requestId === this.#asked?.requestId) return;
    if (this.#asked === undefined) this.#draft = this.editor.text;
    this.#asked = dialog;
    this.#isTouched = false;
    this.editor.set(dialog === undefined ? this.#draft : (dialog.prefill ?? ''));
  }

  insert(text: string): void {
    this.touch();
    this.editor.insert(text);
  }

  act(action: EditAction): void {
    this.touch();
    this.editor.act(action);
  }

  /** What is on the line is meant as it is. */
  touch(): void {
    this.#isTouched = true;
  }
}
