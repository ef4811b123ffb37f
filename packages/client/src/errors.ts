import { isProtocolError, type ProtocolError } from '@sessiond/protocol/client';

/** Why no usable connection came about. Only `unreachable`, `timeout` and `busy` (a limit, or a daemon that is ending) are worth another try. */
export type ConnectFailure = 'unreachable' | 'timeout' | 'busy' | 'unauthenticated' | 'refused' | 'protocol';

/**
 * No connection could be made: nobody listens, the daemon refused, or it speaks another protocol.
 *
 * `failure` says which; `cause` carries the error of the socket where there was one.
 */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  readonly code = 'CONNECT_FAILED';
  readonly failure: ConnectFailure;
  readonly address: string;

  constructor(address: string, failure: ConnectFailure, found: string, options?: ErrorOptions) {
    super(`Cannot connect to ${address}: ${found}`, options);
    this.failure = failure;
    this.address = address;
  }
}

/**
 * The connection was lost before the outcome was known.
 *
 * The daemon may or may not have executed the command, or received the input.
 * Commands that carry an `idempotencyKey` are safe to send again.
 */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
  readonly code = 'CONNECTION_LOST';
}

/** The client was closed by its owner, before or during the act. */
export class ClientClosedError extends Error {
  override readonly name = 'ClientClosedError';
  readonly code = 'CLIENT_CLOSED';
}

/** The client stopped waiting for a response. The daemon may still execute the command. */
export class RequestTimeoutError extends Error {
  override readonly name = 'RequestTimeoutError';
  readonly code = 'REQUEST_TIMEOUT';
  readonly timeoutMs: number;

  constructor(attempt: string, timeoutMs: number) {
    super(`${attempt}: no response within ${timeoutMs.toLocaleString('en-US')} ms`);
    this.timeoutMs = timeoutMs;
  }
}

/** A bound of the client was reached, one request for each id among them; nothing was sent. Await earlier requests or writes first. */
export class ClientLimitError extends Error {
  override readonly name = 'ClientLimitError';
  readonly code = 'CLIENT_LIMIT';
}

/** The act does not fit the attachment: it is over, it is an observer, or it already has a reader. Nothing was sent. */
export class AttachmentStateError extends Error {
  override readonly name = 'AttachmentStateError';
  readonly code = 'ATTACHMENT_STATE';
}

/** The daemon broke the protocol; what it sent was not delivered. */
export class ProtocolViolationError extends Error {
  override readonly name = 'ProtocolViolationError';
  readonly code = 'PROTOCOL_VIOLATION';
}

/**
 * Every error that this package rejects with: its own classes, and the `ProtocolError` of a command that the daemon
 * refused or failed. An aborted signal rejects with the signal's own reason instead.
 */
export type ClientError =
  | ProtocolError
  | ConnectError
  | ConnectionLostError
  | ClientClosedError
  | RequestTimeoutError
  | ClientLimitError
  | AttachmentStateError
  | ProtocolViolationError;

const CLASSES = [
  ConnectError,
  ConnectionLostError,
  ClientClosedError,
  RequestTimeoutError,
  ClientLimitError,
  AttachmentStateError,
  ProtocolViolationError,
];

/** Whether `error` is a {@link ClientError}, and, when `code` is given, carries that code. */
export function isClientError(error: unknown, code?: ClientError['code']): error is ClientError {
  const made = isProtocolError(error) || CLASSES.some((one) => error instanceof one);
  return made && (code === undefined || (error as ClientError).code === code);
}
