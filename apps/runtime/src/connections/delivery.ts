import type { InputFrame } from '@sessiond/protocol';

/** What a delivery has sent; the `end` comes last. */
export type Sent = 'something' | 'end';

/**
 * How what one session says goes over the wire to one client, and what comes back from it: as frames within a window, or as messages. Where it
 * stands is all it knows of the client.
 */
export interface Delivery {
  /** The place behind the last thing that was sent: a byte of a terminal, an event of an agent. */
  readonly offset: number;
  /** The window the client asked for in bytes; 0 if it did not. */
  readonly windowBytes: number;
  /** What was sent and not acknowledged, if there is a window; a gap is none. */
  readonly unacknowledgedBytes: number;
  /** Sends one frame or message, if there is one and it may be sent now. */
  sendNext(): Sent | undefined;
  /** Tells that the transport was empty for a moment. */
  transportDrained(): void;
  /** The client has everything before `offset`, which it was sent. */
  acknowledge(offset: number): void;
  /** Passes a client's input on. @throws ProtocolError when it is out of order, not allowed, or cannot be taken. */
  input(frame: InputFrame): void;
  /** Tells the client how much of its input was taken, if that is worth a frame. */
  acknowledgeInput(): void;
  /** Lets go of the session. Called once. */
  close(): void;
}
