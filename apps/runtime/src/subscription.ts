import type { InputFrame } from '@sessiond/protocol';

/**
 * Delivers what one session says to one connection, as fast as the client takes it.
 *
 * Nothing queues in it: a slow client is an old place in what the session keeps, and in the end an exact gap.
 */
export interface Subscription {
  /** The place behind the last thing that was sent: a byte of a terminal, an event of an agent. */
  readonly offset: number;
  /** Whether delivery has begun. */
  readonly started: boolean;
  /** Whether the end was sent. */
  readonly ended: boolean;
  /** The window the client asked for in bytes; 0 if it did not. */
  readonly windowBytes: number;
  /** What was sent and not acknowledged, if there is a window; a gap is none. */
  readonly unacknowledgedBytes: number;
  /** Begins to deliver; called after the answer that announces it was sent. Idempotent. */
  start(): void;
  /** Sends whatever may be sent now: called when there is something new, or credit. */
  pump(): void;
  /** Sends one frame or message if one may be sent now. @returns whether it did. */
  sendNext(): boolean;
  /** Tells that the transport was empty for a moment. */
  transportDrained(): void;
  /** The client has everything before `offset`. @throws ProtocolError for an offset it was never sent. */
  acknowledge(offset: number): void;
  /** Passes a client's input on. @throws ProtocolError when it is out of order, not allowed, or cannot be taken. */
  input(frame: InputFrame): void;
  /** Tells the client how much of its input was taken, if that is worth a frame. */
  acknowledgeInput(): void;
  /** Stops delivering. What the client has not acknowledged stays undelivered. Idempotent. */
  close(): void;
}
