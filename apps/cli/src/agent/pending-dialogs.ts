import type { DialogAnswer, DialogRequest } from '@sessiond/protocol';

/** Ends remembered, so that a list of questions that is a moment old brings none back. */
const MAX_ENDED = 256;

/** The questions of an agent that wait, oldest first: as many as the daemon lets an agent have. */
export class PendingDialogs {
  readonly #pending = new Map<string, DialogRequest>();
  readonly #ended = new Set<string>();
  readonly #answers = new Map<string, DialogAnswer>();

  /** The one that is asked. */
  get first(): DialogRequest | undefined {
    return this.#pending.values().next().value;
  }

  get size(): number {
    return this.#pending.size;
  }

  add(dialog: DialogRequest): void {
    if (!this.#ended.has(dialog.requestId)) this.#pending.set(dialog.requestId, dialog);
  }

  /** Remembers what was answered here, until it is over. */
  answered(requestId: string, answer: DialogAnswer): void {
    this.#answers.set(requestId, answer);
  }

  /** It is over. Returns what was asked and what was answered here, if it was waiting. */
  end(requestId: string): { readonly dialog: DialogRequest; readonly answer: DialogAnswer | undefined } | undefined {
    this.#ended.add(requestId);
    if (this.#ended.size > MAX_ENDED) this.#ended.delete(this.#ended.values().next().value!);
    const dialog = this.#pending.get(requestId);
    const answer = this.#answers.get(requestId);
    this.#pending.delete(requestId);
    this.#answers.delete(requestId);
    return dialog === undefined ? undefined : { dialog, answer };
  }

  /** The agent is gone, and with it what it asked. */
  clear(): void {
    this.#pending.clear();
    this.#answers.clear();
  }
}
