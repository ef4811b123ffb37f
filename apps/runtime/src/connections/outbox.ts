import { closeCodes, type ServerEvent, serverEvent, sessionEvent } from '@sessiond/protocol';
import type { SessionEvent } from '../sessions/session-host.ts';
import type { ReadingGate } from '../transports/reading-gate.ts';
import type { Transport } from '../transports/transport.ts';
import type { Traffic } from './traffic.ts';

/** Above this much unsent data no command is taken: who sends and does not read is stopped, not stored. */
const ANSWER_BUFFER_BYTES = 4 * 1024 * 1024;
/** Above this much unsent data events are left out; the hole in their numbers tells the client. */
const EVENT_BUFFER_BYTES = 1024 * 1024;
/** Above this much, output of `bash` that others asked for is: a piece of it, 400 KB at most, still leaves room for what has a number. */
const OUTPUT_EVENT_BUFFER_BYTES = EVENT_BUFFER_BYTES / 2;
/** Above this much unsent data the client is taken for dead; only events that are not left out, for hours, can pile up so far. */
const MAX_UNREAD_BYTES = 32 * 1024 * 1024;
/**
 * Events that are not left out, a handful per session: what they say, they say for good, and the coming and going of sessions has no
 * number whose hole could tell the client.
 */
const KEPT_EVENTS: ReadonlySet<string> = new Set(['session_created', 'pty.exited', 'pty.stopped', 'session_deleted']);

/**
 * What one connection sends as text, and what happens to it when the client does not read: nothing queues here but what the transport has not
 * written yet. Beyond its marks events are left out, commands are refused, reading stops, and at last the client is taken for dead.
 */
export class Outbox {
  readonly #transport: Transport;
  readonly #traffic: Traffic;
  readonly #reading: ReadingGate;
  /** Those who wait until the client reads again; no more than it has commands running. */
  #waiting: Set<() => void> | undefined;
  #closed = false;

  constructor(transport: Transport, traffic: Traffic, reading: ReadingGate) {
    this.#transport = transport;
    this.#traffic = traffic;
    this.#reading = reading;
  }

  /** Whether so much is unsent that who can wait is to wait. */
  get isUnread(): boolean {
    return this.#transport.bufferedBytes > EVENT_BUFFER_BYTES;
  }

  /** Whether so much is unsent that no command is taken. */
  get isBackedUp(): boolean {
    return this.#transport.bufferedBytes > ANSWER_BUFFER_BYTES;
  }

  /** Sends a message. After {@link close} it goes nowhere. */
  send(message: object): void {
    this.sendText(JSON.stringify(message));
  }

  /** Sends a message that is text already. */
  sendText(text: string): void {
    if (this.#closed) return;
    this.#traffic.sent.message += this.#transport.sendMessage(text);
    if (this.isBackedUp) this.#reading.pause('unread');
  }

  /** Sends a message that may be left out: it is, while too much of what came before is unread. */
  sendIfRead(message: object): void {
    if (!this.isUnread) this.send(message);
  }

  /** Sends an event, or leaves it out if the client is behind and the event is not one of those that are kept. */
  sendEvent(event: SessionEvent): void {
    const { bufferedBytes } = this.#transport;
    if (bufferedBytes > MAX_UNREAD_BYTES) {
      this.#transport.close(closeCodes.tryLater, 'events were not read');
      return;
    }
    const { type } = event.event;
    const roomBytes = type === 'bash.output' ? OUTPUT_EVENT_BUFFER_BYTES : EVENT_BUFFER_BYTES;
    if (bufferedBytes > roomBytes && !KEPT_EVENTS.has(type)) return;
    this.send(event.seq > 0 ? sessionEvent(event, event.event) : serverEvent(event, event.event as ServerEvent));
  }

  /** Resolves when the client has read what was sent, is gone, or the signal aborts. */
  read(signal: AbortSignal): Promise<void> {
    if (this.#closed || signal.aborted || !this.isUnread) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting?.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting ??= new Set();
      this.#waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  /** The transport has written everything. */
  drained(): void {
    this.#reading.resume('unread');
    this.#wake();
  }

  /** Nothing is sent any more, and nobody waits. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #wake(): void {
    for (const done of [...(this.#waiting ?? [])]) done();
  }
}
