import type { DialogAnswer, DialogRequest } from '@sessiond/protocol';

/** Ends remembered, so that a list of questions that is a moment old brings none back. */
const MAX_ENDED = 256;

/** An answer that was given here. */
export interface GivenAnswer {
  readonly answer: DialogAnswer;
  /** Resolves with `false` when somebody else was faster. Never rejects. */
  readonly isTaken: Promise<boolean>;
}

/** A question that is over, and what was answered here. */
export interface EndedDialog {
  readonly dialog: DialogRequest;
  readonly given: GivenAnswer | undefined;
}

/** The questions of an agent that wait, oldest first: as many as the daemon lets an agent have. */
export class PendingDialogs {
  readonly #pending = new Map<string, DialogRequest>();
  readonly #ended = new Set<string>();
  readonly #given = new Map<string, GivenAnswer>();

  /** The one that is asked: the oldest that has no answer from here. */
  get first(): DialogRequest | undefined {
    for (const dialog of this.#pending.values()) if (!this.#given.has(dialog.requestId)) return dialog;
    return undefined;
  }

  add(dialog: DialogRequest): void {
    if (!this.#ended.has(dialog.requestId)) this.#pending.set(dialog.requestId, dialog);
  }

  /** Remembers what was answered here, until it is over; the next one is asked. */
  answered(requestId: string, given: GivenAnswer): void {
    if (this.#pending.has(requestId)) this.#given.set(requestId, given);
  }

  /** The answer did not arrive: it is asked again, if it still waits. */
  unanswered(requestId: string): void {
    this.#given.delete(requestId);
  }

  /** It is over. Returns what was asked and answered, if it was waiting. */
  end(requestId: string): EndedDialog | undefined {
    this.#ended.add(requestId);
    if (this.#ended.size > MAX_ENDED) this.#ended.delete(this.#ended.values().next().value!);
    const dialog = this.#pending.get(requestId);
    const given = this.#given.get(requestId);
    this.#pending.delete(requestId);
    this.#given.delete(requestId);
    return dialog === undefined ? undefined : { dialog, given };
  }

  /** The agent is gone, and with it what it asked. */
  clear(): void {
    this.#pending.clear();
    this.#given.clear();
  }
}
