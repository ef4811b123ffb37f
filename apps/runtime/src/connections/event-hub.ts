import type { SessionEvent, SessionHost } from '../sessions/session-host.ts';

/** Who receives events. */
export interface EventReceiver {
  receiveEvent(event: SessionEvent): void;
}

/**
 * Passes session events on to those who asked for them, and to nobody else: an idle connection costs an event nothing.
 */
export class EventHub {
  readonly #receivers = new Map<string, Set<EventReceiver>>();
  readonly #serverReceivers = new Set<EventReceiver>();
  readonly #stop: () => void;

  constructor(host: SessionHost) {
    this.#stop = host.onEvent((event) => this.#pass(event));
  }

  /** Passes a session's events on to `receiver`. Doing it twice changes nothing. @returns whether it changed something. */
  subscribe(sessionId: string, receiver: EventReceiver): boolean {
    const receivers = this.#receivers.get(sessionId) ?? new Set();
    if (receivers.has(receiver)) return false;
    this.#receivers.set(sessionId, receivers.add(receiver));
    return true;
  }

  /** Undoes {@link subscribe}. @returns whether there was something to undo. */
  unsubscribe(sessionId: string, receiver: EventReceiver): boolean {
    const receivers = this.#receivers.get(sessionId);
    const removed = receivers?.delete(receiver) ?? false;
    if (receivers?.size === 0) this.#receivers.delete(sessionId);
    return removed;
  }

  /** Tells `receiver` of every session that comes or goes. Idempotent. */
  watchSessions(receiver: EventReceiver): void {
    this.#serverReceivers.add(receiver);
  }

  /** Undoes {@link watchSessions}. Idempotent. */
  unwatchSessions(receiver: EventReceiver): void {
    this.#serverReceivers.delete(receiver);
  }

  close(): void {
    this.#stop();
  }

  #pass(event: SessionEvent): void {
    const isLifecycle = event.event.type === 'session_created' || event.event.type === 'session_deleted';
    const receivers = isLifecycle ? this.#serverReceivers : this.#receivers.get(event.sessionId);
    for (const receiver of receivers ?? []) receiver.receiveEvent(event);
    // A new session has nobody yet, also where it takes the place of an old one.
    if (isLifecycle) this.#receivers.delete(event.sessionId);
  }
}
