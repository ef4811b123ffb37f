import type { AgentEvent } from '@sessiond/protocol';
import { DeltaCoalescer } from '../../delta-coalescer.ts';
import type { HostedStatus } from '../channel/host-vocabulary.ts';
import type { OwnerPeer } from './owner-peer.ts';

/** Pieces of a text wait so long for more: what comes in one go is one line. */
const COALESCE_MS = 4;
const COALESCE_BYTES = 4096;
const TOO_LONG = 'Cannot tell an event of the agent: it is too long';

/**
 * What a session has to tell the daemon, in order: events, and its status whenever that has changed. Everything of one turn of the event loop is one line.
 *
 * The status is looked at when the line goes out, and before an answer through {@link flush}, so that an answer never comes before what led to it.
 */
export class EventOutbox {
  readonly #session: string;
  readonly #peer: OwnerPeer;
  readonly #status: () => HostedStatus;
  readonly #coalescer: DeltaCoalescer;
  #events: AgentEvent[] = [];
  #told = '';
  #scheduled = false;

  constructor(session: string, peer: OwnerPeer, status: () => HostedStatus) {
    this.#session = session;
    this.#peer = peer;
    this.#status = status;
    this.#coalescer = new DeltaCoalescer({
      emit: (event) => {
        this.#events.push(event);
        this.#schedule();
      },
      flushBytes: COALESCE_BYTES,
      maxDelayMs: COALESCE_MS,
    });
  }

  /** Takes an event. */
  push(event: AgentEvent): void {
    this.#coalescer.push(event);
  }

  /** Something of the status may have changed. */
  touch(): void {
    this.#schedule();
  }

  /** Says everything there is to say. */
  flush(): void {
    this.#coalescer.flush();
    this.#send();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  #send(): void {
    const events = this.#events;
    if (events.length > 0) {
      this.#events = [];
      this.#tell(events);
    }
    const status = this.#status();
    const text = JSON.stringify(status);
    if (text === this.#told) return;
    this.#told = text;
    this.#peer.tell('status', { session: this.#session, status });
  }

  /** What is too long for one line goes in several; an event that is too long for one alone is left out, and said to be. */
  #tell(events: readonly AgentEvent[]): void {
    const session = this.#session;
    if (this.#peer.tell('events', { session, events })) return;
    if (events.length === 1) {
      this.#peer.tell('events', { session, events: [{ type: 'extension_error', message: TOO_LONG }] });
      return;
    }
    const half = events.length >> 1;
    this.#tell(events.slice(0, half));
    this.#tell(events.slice(half));
  }
}
