/**
 * The WebSocket close codes a server uses, by reason (RFC 6455, section 7.4).
 *
 * A slow reader is never closed for being slow, and a refused command never closes a connection.
 */
export const closeCodes: {
  /** The conversation is over; nothing went wrong. */
  readonly done: 1000;
  /** The server is shutting down, or the peer stopped answering heartbeats. */
  readonly goingAway: 1001;
  /** The peers share no protocol version. */
  readonly unsupportedVersion: 1002;
  /** Authentication failed, or the connection is not allowed from there. */
  readonly notAllowed: 1008;
  /** A transport frame is larger than the transport takes at all. */
  readonly tooLarge: 1009;
  /** A defect of the server ended this connection, and no other one. */
  readonly failed: 1011;
  /** The server has no room for another connection now. */
  readonly tryLater: 1013;
} = Object.freeze({
  done: 1000,
  goingAway: 1001,
  unsupportedVersion: 1002,
  notAllowed: 1008,
  tooLarge: 1009,
  failed: 1011,
  tryLater: 1013,
});

/** One of the {@link closeCodes}. */
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];
