import type { ConnectFailure } from './errors.ts';

/** What happens on a transport, told to the connection that owns it. Handlers never throw. */
export interface TransportHandlers {
  /** One JSON message, still text. */
  onMessage(text: string): void;
  /** One byte frame. The receiver owns its memory. */
  onFrame(frame: Uint8Array): void;
  /** The transport is gone; nothing follows. Called exactly once, after `dial` has resolved. */
  onClose(close: TransportClose): void;
}

/** How a transport ended: the WebSocket close code and what is known about the cause. */
export interface TransportClose {
  readonly code: number;
  readonly reason: string;
  /** The daemon sent more at once than this side reads. Asked for the same again, it would do so again. */
  readonly isOverfed?: boolean;
}

/** An open way to one daemon: the only thing the client knows of WebSockets. */
export interface Transport {
  /** Bytes accepted by `send` that the operating system has not taken yet. */
  readonly bufferedBytes: number;
  /**
   * Sends one JSON message (text) or one byte frame (binary), in order.
   * `onTaken` is called once when the operating system has taken it, or with an error when it never will.
   */
  send(data: string | Uint8Array, onTaken?: (error?: Error) => void): void;
  /** Stops reading, until `resume`, without being taken for gone; absent where that cannot be done. Idempotent. */
  pause?(): void;
  /** Reads on. Idempotent. */
  resume?(): void;
  /** Starts the closing handshake; a peer that does not answer is cut off after a bounded time. Idempotent. */
  close(code: number, reason: string): void;
}

/**
 * Opens transports to one address, again and again: what differs between Node and browsers.
 *
 * `dial` rejects with a `DialError`, or with the signal's reason when it was aborted, and leaves nothing open then.
 */
export interface Dialer {
  /** The address for error messages; never holds a token. */
  readonly address: string;
  dial(handlers: TransportHandlers, signal: AbortSignal): Promise<Transport>;
}

/** Why a dial failed, in the terms of {@link ConnectFailure}; the connection turns it into a `ConnectError`. */
export class DialError extends Error {
  override readonly name = 'DialError';
  readonly failure: ConnectFailure;

  constructor(failure: ConnectFailure, found: string, options?: ErrorOptions) {
    super(found, options);
    this.failure = failure;
  }
}
