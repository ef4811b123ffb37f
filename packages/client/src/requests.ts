import type { CommandType } from '@sessiond/protocol/client';
import { within } from './deadline.ts';
import { ClientLimitError, RequestTimeoutError } from './errors.ts';
import type { Link } from './link.ts';
import { PendingRequest, type RequestTraits } from './pending-request.ts';

/** How one command is sent and waited for. */
export interface SendOptions extends RequestTraits {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  /** The time limit is for a connection only; the daemon sees to it that there is an answer. */
  readonly untilAnswered?: boolean;
}

/**
 * The commands of one client that have no answer yet, whichever connection they are sent on.
 *
 * Sent in the order in which they were asked for, also again; at most `maxPending` at a time.
 */
export class Requests {
  readonly #link: Link;
  readonly #maxPending: number;
  readonly #stopwatch: () => () => number;
  readonly #pending = new Set<PendingRequest>();
  readonly #idPrefix = randomPrefix();
  #lastId = 0;

  /** `startWatch` begins to measure, as `stopwatch` does. */
  constructor(link: Link, maxPending: number, startWatch: () => () => number) {
    this.#link = link;
    this.#maxPending = maxPending;
    this.#stopwatch = startWatch;
  }

  /** Those without an answer, sent or not. */
  get size(): number {
    return this.#pending.size;
  }

  /** @throws ClientLimitError when as many have no answer as may. */
  requireRoom(type: CommandType): void {
    if (this.#pending.size < this.#maxPending) return;
    const found = this.#pending.size.toLocaleString('en-US');
    throw new ClientLimitError(`Cannot send ${type}: ${found} requests are unanswered already`);
  }

  /** Sends a command and resolves with the data of its response, or rejects as `Client.request` does. */
  send(type: CommandType, fields: object, options: SendOptions): Promise<unknown> {
    let request: PendingRequest | undefined;
    return within<unknown>(
      {
        signal: options.signal,
        timeoutMs: options.timeoutMs,
        onTimeout: () => new RequestTimeoutError(`Cannot know the outcome of ${type}`, options.timeoutMs),
        onAbandon: () => {
          if (request === undefined) return;
          this.#pending.delete(request);
          request.giveUp();
        },
      },
      (resolve, reject, liftDeadline) => {
        request = new PendingRequest({ type, fields, traits: options }, this.#link, {
          nextId: () => this.#nextId(),
          stopwatch: this.#stopwatch,
          onSent: () => options.untilAnswered === true && liftDeadline(),
          onSettled: (outcome) => {
            this.#pending.delete(request!);
            if (outcome.ok) resolve(outcome.data);
            else reject(outcome.error);
          },
        });
        this.#pending.add(request);
        request.begin();
      },
    );
  }

  #nextId(): string {
    this.#lastId += 1;
    return `${this.#idPrefix}${this.#lastId}`;
  }
}

/** Ids name outcomes for as long as the daemon remembers them, so two clients must never choose the same. */
function randomPrefix(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return `${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}-`;
}
