import type { EventHub, EventReceiver } from './event-hub.ts';

/**
 * The sessions whose events one connection gets: those it is attached to, and those it asked for, attached or not. Bounded by the sessions there are
 * and are told to be gone.
 */
export class FollowedSessions {
  readonly #hub: EventHub;
  readonly #receiver: EventReceiver;
  #asked: Set<string> | undefined;
  #closed = false;

  constructor(hub: EventHub, receiver: EventReceiver) {
    this.#hub = hub;
    this.#receiver = receiver;
  }

  /** The client asks for the events. @returns whether it had not; after {@link close} nothing happens. */
  ask(sessionId: string): boolean {
    if (this.#closed || this.#asked?.has(sessionId) === true) return false;
    this.#asked ??= new Set();
    this.#asked.add(sessionId);
    this.#hub.subscribe(sessionId, this.#receiver);
    return true;
  }

  /** The client has not asked for them; it gets them as long as it is attached, or until {@link detached}. */
  takeBack(sessionId: string): void {
    this.#asked?.delete(sessionId);
  }

  /** The client wants them no more, attached or not. Idempotent. */
  drop(sessionId: string): void {
    this.#asked?.delete(sessionId);
    this.#hub.unsubscribe(sessionId, this.#receiver);
  }

  /** The client is attached to the session from now on. */
  attached(sessionId: string): void {
    this.#hub.subscribe(sessionId, this.#receiver);
  }

  /** The client is attached to the session no longer. */
  detached(sessionId: string): void {
    if (this.#asked?.has(sessionId) !== true) this.#hub.unsubscribe(sessionId, this.#receiver);
  }

  /** Drops all of them. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const sessionId of [...(this.#asked ?? [])]) this.drop(sessionId);
  }
}
