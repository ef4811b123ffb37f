import { ProtocolError, serverEvent } from '@sessiond/protocol';
import type { EventAttachment, EventChunk } from '../sessions/session-host.ts';
import type { Delivery, Sent } from './delivery.ts';

/** How events get to a client. */
export interface EventDeliveryOptions {
  readonly sessionId: string;
  readonly channel: number;
  /** Sends a message that is text already. */
  readonly sendText: (text: string) => void;
}

/**
 * Delivers one agent's numbered events to one connection, as the texts its log holds, which all its followers share; the place is one in that log. Pieces
 * of texts get the channel, which says what they go on with.
 *
 * Where the log has gone on without the client, one `events_gap` says exactly what it missed. The transport's own buffer is the window, so nothing is
 * acknowledged.
 */
export class EventDelivery implements Delivery {
  readonly windowBytes = 0;
  readonly unacknowledgedBytes = 0;
  readonly #options: EventDeliveryOptions;
  readonly #attachment: EventAttachment;

  constructor(attachment: EventAttachment, options: EventDeliveryOptions) {
    this.#attachment = attachment;
    this.#options = options;
  }

  get offset(): number {
    return this.#attachment.offset;
  }

  sendNext(): Sent | undefined {
    const chunk = this.#attachment.next();
    return chunk && this.#send(chunk);
  }

  transportDrained(): void {}

  acknowledge(): void {}

  input(): never {
    throw new ProtocolError('INVALID_STATE', 'Cannot take input: the session is of kind agent, not pty');
  }

  acknowledgeInput(): void {}

  close(): void {
    this.#attachment.close();
  }

  #send(chunk: EventChunk): Sent {
    const { sessionId, channel, sendText } = this.#options;
    switch (chunk.kind) {
      case 'event':
        sendText(chunk.text);
        return 'something';
      case 'piece':
        sendText(`{"channel":${channel},${chunk.text.slice(1)}`);
        return 'something';
      case 'gap': {
        const { from, to } = chunk;
        const origin = { sessionId, timestamp: new Date().toISOString() };
        sendText(JSON.stringify(serverEvent(origin, { type: 'events_gap', from, to })));
        return 'something';
      }
      case 'end':
        return 'end';
    }
  }
}
