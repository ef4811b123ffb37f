import { ProtocolError, serverEvent } from '@sessiond/protocol';
import type { EventAttachment, EventChunk } from './sessions/session-host.ts';
import type { Subscription } from './subscription.ts';
import type { Transport } from './transports/transport.ts';

/** What one subscription lets wait in a transport whose client is slow; the rest stays in the session's log. */
const MAX_BUFFERED_BYTES = 256 * 1024;

/** How events get to a client. */
export interface EventSubscriptionOptions {
  readonly sessionId: string;
  /** Where to look how much the client has not read. */
  readonly transport: Pick<Transport, 'bufferedBytes'>;
  /** Sends a message that is text already. */
  readonly sendText: (text: string) => void;
  /** Called once the last event was sent. */
  readonly onEnd: () => void;
}

/**
 * Delivers one agent's numbered events to one connection, as the texts its log holds, which all its followers share.
 *
 * A slow client is an old number: while it reads, it is sent what comes next; where the log has gone on without it, one `events_gap` says exactly
 * what it missed. The transport's own buffer is the window, so nothing is acknowledged.
 */
export class EventSubscription implements Subscription {
  readonly windowBytes = 0;
  readonly unacknowledgedBytes = 0;
  readonly #options: EventSubscriptionOptions;
  /** Let go of at the end, so that a finished session's memory does not depend on who still follows it. */
  #attachment: EventAttachment | undefined;
  #offset: number;
  #started = false;
  #ended = false;

  constructor(attachment: EventAttachment, options: EventSubscriptionOptions) {
    this.#attachment = attachment;
    this.#offset = attachment.offset;
    this.#options = options;
  }

  get offset(): number {
    return this.#offset;
  }

  get started(): boolean {
    return this.#started;
  }

  get ended(): boolean {
    return this.#ended;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.pump();
  }

  pump(): void {
    while (this.sendNext());
  }

  sendNext(): boolean {
    const attachment = this.#attachment;
    if (attachment === undefined || !this.#started) return false;
    if (this.#options.transport.bufferedBytes >= MAX_BUFFERED_BYTES) return false;
    const chunk = attachment.next();
    if (chunk === undefined) return false;
    this.#offset = attachment.offset;
    this.#send(chunk);
    return true;
  }

  transportDrained(): void {}

  acknowledge(offset: number): void {
    if (offset <= this.#offset) return;
    throw new ProtocolError('INVALID_MESSAGE', `Cannot acknowledge event ${offset}: it was not sent`);
  }

  input(): never {
    throw new ProtocolError('INVALID_STATE', 'Cannot take input: the session is of kind agent, not pty');
  }

  acknowledgeInput(): void {}

  close(): void {
    this.#attachment?.close();
    this.#attachment = undefined;
  }

  #send(chunk: EventChunk): void {
    const { sessionId, sendText, onEnd } = this.#options;
    switch (chunk.kind) {
      case 'event':
        sendText(chunk.text);
        break;
      case 'gap': {
        const { from, to } = chunk;
        const origin = { sessionId, timestamp: new Date().toISOString() };
        sendText(JSON.stringify(serverEvent(origin, { type: 'events_gap', from, to })));
        break;
      }
      case 'end':
        this.#ended = true;
        this.close();
        onEnd();
    }
  }
}
