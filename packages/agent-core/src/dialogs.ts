import type { AgentEvent, DialogAnswer, DialogEnd, DialogRequest } from '@sessiond/protocol';
import type { Bulkhead, Slot } from '@sessiond/resilience';
import type { DialogQuestion } from './backend.ts';
import { checkedDelay, checkedInteger } from './check-options.ts';
import { type Clock, MAX_TIMER_MS, systemClock } from './clock.ts';
import { type DialogAnswerProblem, dialogAnswerProblem } from './dialog-answer.ts';

const DEFAULTS = Object.freeze({
  maxPending: 16,
  maxQuestionBytes: 1024 * 1024,
  idPrefix: 'ui-',
});

/** More options than a client is told. */
const MAX_OPTIONS = 1000;
/** How much is told of a question for which there is no room. */
const MAX_REFUSED_TITLE = 200;

/** The place of a question where sessions share none. */
const OWN_PLACE: Pick<Slot, 'release'> = Object.freeze({ release: () => true });

const NO_ANSWER: DialogAnswer = Object.freeze({ cancelled: true });

/** What dialogs of a session tell those who follow it. */
export type DialogEvent = AgentEvent<'extension_ui_request' | 'extension_ui_resolved'>;

/** How many dialogs a session may have, and for how long. */
export interface DialogsOptions {
  /** Takes the events: that a question was asked, and that it is over. */
  readonly emit: (event: DialogEvent) => void;
  /** Questions of this session that wait at once; with 0 nobody is asked. Default 16. */
  readonly maxPending?: number;
  /** Places that all sessions share. Default: no further bound. */
  readonly places?: Pick<Bulkhead, 'tryAcquire'>;
  /** The longest a question waits, 0 to 2,147,483,647; one may ask for less. Default: as long as it says, and as long as the session if it does not. */
  readonly timeoutMs?: number;
  /** The most that the texts of one question take as UTF-8. Default 1 MiB. */
  readonly maxQuestionBytes?: number;
  /** What ids begin with; a life of a session that follows another one of the same name needs another one. Default `ui-`. */
  readonly idPrefix?: string;
  readonly clock?: Clock;
}

/** What became of an answer: it counts, nobody waits for it (any more), or the question does not allow it. */
export type AnswerResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'not-pending' }
  | ({ readonly ok: false; readonly reason: 'invalid' } & DialogAnswerProblem);

/** The state of the dialogs of a session as plain JSON; `asked = pending + the sum of ends`, always. */
export interface DialogsSnapshot {
  readonly pending: number;
  readonly asked: number;
  readonly ends: Readonly<Record<DialogEnd, number>>;
}

interface Pending {
  readonly request: DialogRequest;
  readonly settle: (end: DialogEnd, answer: DialogAnswer) => void;
}

/**
 * The questions of an agent that wait for a person.
 *
 * The first valid answer counts, whoever gives it. A question ends without one when a person declines it, its time is over, whoever asked takes it back, the turn is
 * aborted, or the session ends; the agent then gets `{ cancelled: true }`. So does at once whoever asks when `maxPending` wait, the shared places are taken, or the
 * question is too large (or has more than 1,000 options): such a question is told with its title alone, and as over.
 *
 * Holds at most `maxPending` questions of `maxQuestionBytes`, and one timer for each that has a time, which does not keep the process alive.
 */
export class Dialogs {
  readonly #emit: (event: DialogEvent) => void;
  readonly #maxPending: number;
  readonly #places: Pick<Bulkhead, 'tryAcquire'> | undefined;
  readonly #timeoutMs: number;
  readonly #maxQuestionBytes: number;
  readonly #idPrefix: string;
  readonly #clock: Clock;
  readonly #pending = new Map<string, Pending>();
  readonly #ends: Record<DialogEnd, number> = {
    answered: 0,
    cancelled: 0,
    timeout: 0,
    aborted: 0,
    capacity: 0,
    gone: 0,
  };
  #asked = 0;
  #closed = false;

  /** @throws InvalidOptionError for an option out of its range. */
  constructor(options: DialogsOptions) {
    const action = 'create dialogs';
    this.#emit = options.emit;
    this.#maxPending = checkedInteger(action, 'maxPending', options.maxPending ?? DEFAULTS.maxPending, 0);
    this.#places = options.places;
    this.#timeoutMs =
      options.timeoutMs === undefined ? Number.POSITIVE_INFINITY : checkedDelay(action, 'timeoutMs', options.timeoutMs);
    this.#maxQuestionBytes = checkedInteger(
      action,
      'maxQuestionBytes',
      options.maxQuestionBytes ?? DEFAULTS.maxQuestionBytes,
      0,
    );
    this.#idPrefix = options.idPrefix ?? DEFAULTS.idPrefix;
    this.#clock = options.clock ?? systemClock;
  }

  /** Questions that wait, oldest first. */
  get pending(): readonly DialogRequest[] {
    return Array.from(this.#pending.values(), ({ request }) => request);
  }

  /** How many wait. */
  get size(): number {
    return this.#pending.size;
  }

  /**
   * Asks, and waits for the answer; aborting the signal takes the question back. Never rejects. After {@link close}, and with a signal that is aborted already,
   * nothing is asked.
   */
  ask(question: DialogQuestion, signal: AbortSignal): Promise<DialogAnswer> {
    if (this.#closed || signal.aborted) return Promise.resolve(NO_ANSWER);
    this.#asked += 1;
    const requestId = `${this.#idPrefix}${this.#asked}`;
    const place = this.#takePlace(question);
    if (place === undefined) return Promise.resolve(this.#refuse(requestId, question));

    const request = this.#request(requestId, question);
    return new Promise((resolve) => {
      const takeBack = () => this.#end(requestId, 'aborted');
      let cancelTimer = () => {};
      const settle = (end: DialogEnd, answer: DialogAnswer) => {
        cancelTimer();
        signal.removeEventListener('abort', takeBack);
        place.release();
        this.#ends[end] += 1;
        this.#emit({ type: 'extension_ui_resolved', requestId, end });
        resolve(answer);
      };
      this.#pending.set(requestId, { request, settle });
      signal.addEventListener('abort', takeBack);
      if (request.timeoutMs !== undefined) {
        cancelTimer = this.#clock.after(request.timeoutMs, () => this.#end(requestId, 'timeout'), { background: true });
      }
      this.#emit({ type: 'extension_ui_request', ...request });
    });
  }

  /** Answers a question; an answer it does not allow changes nothing. */
  answer(requestId: string, answer: DialogAnswer): AnswerResult {
    const pending = this.#pending.get(requestId);
    if (pending === undefined) return { ok: false, reason: 'not-pending' };
    const problem = dialogAnswerProblem(pending.request, answer);
    if (problem !== undefined) return { ok: false, reason: 'invalid', ...problem };
    if (answer.cancelled) this.#end(requestId, 'cancelled');
    else this.#end(requestId, 'answered', answer);
    return { ok: true };
  }

  /** Ends all questions without an answer, oldest first. @returns how many. */
  cancelAll(end: Exclude<DialogEnd, 'answered' | 'capacity'>): number {
    const ids = [...this.#pending.keys()];
    for (const requestId of ids) this.#end(requestId, end);
    return ids.length;
  }

  /** Ends all questions as `gone`; nothing is asked afterwards. Idempotent. */
  close(): void {
    this.#closed = true;
    this.cancelAll('gone');
  }

  /** Counts as plain JSON. */
  snapshot(): DialogsSnapshot {
    return { pending: this.#pending.size, asked: this.#asked, ends: { ...this.#ends } };
  }

  #end(requestId: string, end: DialogEnd, answer: DialogAnswer = NO_ANSWER): void {
    const pending = this.#pending.get(requestId);
    if (pending === undefined) return;
    // Before anybody is told: whoever answers while being told comes too late.
    this.#pending.delete(requestId);
    pending.settle(end, answer);
  }

  #takePlace(question: DialogQuestion): Pick<Slot, 'release'> | undefined {
    if (this.#pending.size >= this.#maxPending || this.#isTooLarge(question)) return undefined;
    if (this.#places === undefined) return OWN_PLACE;
    const place = this.#places.tryAcquire();
    return place.ok ? place : undefined;
  }

  #isTooLarge({ title, message = '', options = [], placeholder = '', prefill = '' }: DialogQuestion): boolean {
    const texts = [title, message, placeholder, prefill, ...options.slice(0, MAX_OPTIONS)];
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    return options.length > MAX_OPTIONS || bytes > this.#maxQuestionBytes;
  }

  #refuse(requestId: string, { method, title }: DialogQuestion): DialogAnswer {
    this.#ends.capacity += 1;
    this.#emit({ type: 'extension_ui_request', requestId, method, title: title.slice(0, MAX_REFUSED_TITLE) });
    this.#emit({ type: 'extension_ui_resolved', requestId, end: 'capacity' });
    return NO_ANSWER;
  }

  /** Without a time that a timer cannot have, which is weeks. */
  #request(requestId: string, { timeoutMs, ...question }: DialogQuestion): DialogRequest {
    const waitMs = Math.min(this.#timeoutMs, timeoutMs ?? Number.POSITIVE_INFINITY);
    return { requestId, ...question, ...(waitMs <= MAX_TIMER_MS && { timeoutMs: Math.max(0, waitMs) }) };
  }
}
