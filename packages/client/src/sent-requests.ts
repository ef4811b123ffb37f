import { ConnectionLostError } from './errors.ts';
import type { TransportClose } from './transport.ts';

/**
 * How one request ended: the data of its success, or an error by an `answer`, by one from the daemon's memory (`replay`), by the `loss` of the
 * connection, after which another one may bring the answer, by what is the `end` of it, or because it was kept back (`unsent`).
 */
export type Outcome =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: Error; readonly by: 'answer' | 'replay' | 'loss' | 'end' | 'unsent' };

/** A command that was sent and is not answered. */
export interface SentRequest {
  readonly command: string;
  /** Length of its message. */
  readonly bytes: number;
  /** Called once. */
  readonly settle: (outcome: Outcome) => void;
}

const MESSAGE_TOO_LARGE = 1009;

/** What was sent on one connection and has no answer, by id and in order; as many as the client may have requests. */
export class SentRequests {
  #requests = new Map<string, SentRequest>();

  get size(): number {
    return this.#requests.size;
  }

  has(id: string): boolean {
    return this.#requests.has(id);
  }

  add(id: string, request: SentRequest): void {
    this.#requests.set(id, request);
  }

  /** The one that is answered; nobody waits for it any more. */
  take(id: string): SentRequest | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    return request;
  }

  /** Ends every one with `error`. */
  abandon(error: Error): void {
    for (const { settle } of this.#takeAll()) settle({ ok: false, error, by: 'end' });
  }

  /**
   * The connection is gone, and every one lost with it. What would end the next connection as well is at its `end`: where a message was too large for
   * somebody on the way, who does not say which one, the largest, which was so for certain, whichever came first; where an answer was too large for this
   * side, all of them, because it may be the answer to any.
   */
  lose(close: TransportClose): void {
    const requests = this.#takeAll();
    const ended = new Set(atTheirEnd(requests, close));
    for (const request of requests) {
      const error = lost(`Cannot know the outcome of ${request.command}`, close);
      request.settle({ ok: false, error, by: ended.has(request) ? 'end' : 'loss' });
    }
  }

  #takeAll(): SentRequest[] {
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    return requests;
  }
}

/** The error of an act that ended with its connection. */
export function lost(attempt: string, { code, reason }: TransportClose): ConnectionLostError {
  return new ConnectionLostError(`${attempt}: the connection was lost (${code}${reason === '' ? '' : `, ${reason}`})`);
}

function atTheirEnd(requests: readonly SentRequest[], { code, isOverfed }: TransportClose): readonly SentRequest[] {
  if (isOverfed === true) return requests;
  return code === MESSAGE_TOO_LARGE ? largest(requests) : [];
}

/** One of those with most bytes, if there is any. */
function largest(requests: readonly SentRequest[]): readonly SentRequest[] {
  // There may be more of them than a call takes arguments.
  const bytes = requests.reduce((most, request) => Math.max(most, request.bytes), 0);
  return requests.filter((request) => request.bytes === bytes).slice(0, 1);
}
