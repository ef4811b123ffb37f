import type { SessionEvent } from './session-host.ts';

/** Events of a session that are remembered; each takes some hundred bytes. */
const MAX_EVENTS = 64;
/** Events of the flow of output: a flood would push out everything else with them, and the record of the session has their sums. */
const FLOW_EVENTS: ReadonlySet<string> = new Set([
  'pty.output',
  'pty.backpressure.on',
  'pty.backpressure.off',
  'pty.buffer.overflow',
]);

/** The last 64 events of a session by their numbers, for those who come late; what tells of the flow of its output not among them. */
export class RecentEvents {
  #events: readonly SessionEvent[] = [];

  add(event: SessionEvent): void {
    if (FLOW_EVENTS.has(event.event.type)) return;
    this.#events = [...this.#events.slice(1 - MAX_EVENTS), event];
  }

  /** Those with a higher number, oldest first. */
  after(seq: number): readonly SessionEvent[] {
    return this.#events.filter((event) => event.seq > seq);
  }
}
