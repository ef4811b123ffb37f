import type { SessionEvent } from './session-host.ts';

/** Events of a session that are remembered; each takes some hundred bytes. */
const MAX_EVENTS = 64;

/**
 * The last 64 events of a session by their numbers, for those who come late. How much output there was is not remembered:
 * it would push out everything else, and the record of the session tells it.
 */
export class EventLog {
  #events: readonly SessionEvent[] = [];

  add(event: SessionEvent): void {
    if (event.event.type === 'pty.output') return;
    this.#events = [...this.#events.slice(1 - MAX_EVENTS), event];
  }

  /** Those with a higher number, oldest first. */
  after(seq: number): readonly SessionEvent[] {
    return this.#events.filter((event) => event.seq > seq);
  }
}
