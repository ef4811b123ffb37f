import { type InputFrame, ProtocolError } from '@sessiond/protocol';
import type { Transport } from '../transports/transport.ts';
import type { Delivery } from './delivery.ts';

/** What one subscription lets wait in a transport whose client is slow; the rest stays where the session keeps it. */
const MAX_BUFFERED_BYTES = 256 * 1024;

/** What a subscription sends on, and whom it tells of its end. */
export interface SubscriptionOptions {
  readonly transport: Pick<Transport, 'bufferedBytes'>;
  /** Called once the last thing was sent. */
  readonly onEnd: () => void;
}

/**
 * Delivers what one session says to one connection, as fast as the client takes it, from when it is started until the end was sent or it is closed.
 *
 * Nothing queues in it: a slow client is an old place in what the session keeps, and in the end an exact gap. What it is made of is let go of at the
 * end, so that a finished session's memory does not depend on who still has a channel of it.
 */
export class Subscription {
  readonly #options: SubscriptionOptions;
  #delivery: Delivery | undefined;
  #offset: number;
  readonly #windowBytes: number;
  #started = false;
  #ended = false;

  constructor(delivery: Delivery, options: SubscriptionOptions) {
    this.#delivery = delivery;
    this.#offset = delivery.offset;
    this.#windowBytes = delivery.windowBytes;
    this.#options = options;
  }

  /** The place behind the last thing that was sent: a byte of a terminal, an event of an agent. */
  get offset(): number {
    return this.#offset;
  }

  /** Whether delivery has begun. */
  get started(): boolean {
    return this.#started;
  }

  /** Whether the end was sent. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The window the client asked for in bytes; 0 if it did not. */
  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** What was sent and not acknowledged, if there is a window; a gap is none. */
  get unacknowledgedBytes(): number {
    return this.#delivery?.unacknowledgedBytes ?? 0;
  }

  /** Begins to deliver; called after the answer that announces it was sent. Idempotent. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.pump();
  }

  /** Sends whatever may be sent now: called when there is something new, or credit. */
  pump(): void {
    while (this.sendNext());
  }

  /** Sends one frame or message if one may be sent now. @returns whether it did. */
  sendNext(): boolean {
    const delivery = this.#delivery;
    const { transport, onEnd } = this.#options;
    if (delivery === undefined || !this.#started || transport.bufferedBytes >= MAX_BUFFERED_BYTES) return false;
    const sent = delivery.sendNext();
    if (sent === undefined) return false;
    this.#offset = delivery.offset;
    if (sent === 'end') {
      this.#ended = true;
      this.close();
      onEnd();
    }
    return true;
  }

  /** Tells that the transport was empty for a moment. */
  transportDrained(): void {
    this.#delivery?.transportDrained();
  }

  /** The client has everything before `offset`. @throws ProtocolError for an offset it was never sent. */
  acknowledge(offset: number): void {
    if (offset > this.#offset) {
      throw new ProtocolError('INVALID_MESSAGE', `Cannot acknowledge offset ${offset}: it was not sent`);
    }
    this.#delivery?.acknowledge(offset);
    if (this.#windowBytes > 0) this.pump();
  }

  /** Passes a client's input on. @throws ProtocolError when it is out of order, not allowed, or cannot be taken. */
  input(frame: InputFrame): void {
    if (this.#delivery === undefined) {
      throw new ProtocolError('INVALID_STATE', 'Cannot take input: the session has stopped');
    }
    this.#delivery.input(frame);
  }

  /** Tells the client how much of its input was taken, if that is worth a frame. */
  acknowledgeInput(): void {
    this.#delivery?.acknowledgeInput();
  }

  /** Stops delivering. What the client has not acknowledged stays undelivered. Idempotent. */
  close(): void {
    const delivery = this.#delivery;
    this.#delivery = undefined;
    delivery?.close();
  }
}
