import { type CloseCode, closeCodes } from './close-codes.ts';

/** The codes of every refusal and failure on the wire; for programs, and never changed within a major version. */
export type ErrorCode =
  | 'INVALID_MESSAGE'
  | 'INVALID_COMMAND'
  | 'UNKNOWN_COMMAND'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'SESSION_NOT_FOUND'
  | 'SESSION_EXISTS'
  | 'SESSION_LIMIT'
  | 'SESSION_BUSY'
  | 'SESSION_VERSION_MISMATCH'
  | 'INVALID_STATE'
  | 'ID_CONFLICT'
  | 'IDEMPOTENCY_CONFLICT'
  | 'DEPENDENCY_UNKNOWN'
  | 'DEPENDENCY_FAILED'
  | 'DEPENDENCY_CYCLE'
  | 'RATE_LIMITED'
  | 'CIRCUIT_OPEN'
  | 'QUEUE_FULL'
  | 'MESSAGE_TOO_LARGE'
  | 'TIMEOUT'
  | 'CANCELLED'
  | 'INTERRUPTED_BY_RESTART'
  | 'SPAWN_FAILED'
  | 'CAPACITY_EXCEEDED'
  | 'INPUT_QUEUE_FULL'
  | 'AGENT_UNAVAILABLE'
  | 'AGENT_FAILED'
  | 'SHUTTING_DOWN'
  | 'JOURNAL_UNAVAILABLE'
  | 'PROTOCOL_VERSION_UNSUPPORTED'
  | 'INTERNAL';

/**
 * What a client can do about an error.
 *
 * `later`: the same command can succeed after a while (`retryAfterMs` says when, if given) · `changed`: only a different
 * command or a different state of the session can succeed · `never`: the outcome is final, sending it again changes nothing.
 */
export type RetryAdvice = 'later' | 'changed' | 'never';

/** What one error code means on every transport. */
export interface ErrorCodeEntry {
  /** One sentence: when it is used. */
  readonly meaning: string;
  /** One sentence: what the receiver can do. */
  readonly remedy: string;
  readonly retry: RetryAdvice;
  /** The status of an HTTP answer that carries this code. */
  readonly httpStatus: number;
  /** The WebSocket close code when the error ends the connection; `null` for errors that never do. */
  readonly closeCode: CloseCode | null;
}

function entry(
  meaning: string,
  remedy: string,
  retry: RetryAdvice,
  httpStatus: number,
  closeCode: CloseCode | null = null,
): ErrorCodeEntry {
  return Object.freeze({ meaning, remedy, retry, httpStatus, closeCode });
}

/** The one registry of error codes: what each means, what helps, and what it is in HTTP and at the end of a WebSocket. */
export const errorCodes: Readonly<Record<ErrorCode, ErrorCodeEntry>> = Object.freeze({
  INVALID_MESSAGE: entry(
    'The text is not a JSON object with a `type`, or the frame is malformed or makes no sense on its channel.',
    'Correct the sender; the connection stays usable.',
    'changed',
    400,
  ),
  INVALID_COMMAND: entry(
    'A field of a known command is missing, has the wrong type or is out of range; `details.field` names it.',
    'Correct the field.',
    'changed',
    400,
  ),
  UNKNOWN_COMMAND: entry(
    'The server knows no command of this type.',
    'Check the spelling and the `protocolVersion` of the server.',
    'changed',
    400,
  ),
  UNAUTHENTICATED: entry(
    'The connection brought no valid credential, or it has expired.',
    'Connect again with a valid token.',
    'changed',
    401,
    closeCodes.notAllowed,
  ),
  FORBIDDEN: entry(
    'The principal lacks the scope or does not own the session, or an observer tried to drive.',
    'Attach as driver or use a principal with the scope that `details.scope` names.',
    'changed',
    403,
    closeCodes.notAllowed,
  ),
  SESSION_NOT_FOUND: entry(
    'No session has this id, or its retention is over.',
    'List the sessions and use one that exists.',
    'changed',
    404,
  ),
  SESSION_EXISTS: entry('A session with this id exists.', 'Use it, or choose another id.', 'changed', 409),
  SESSION_LIMIT: entry(
    'The server holds as many sessions as it may.',
    'Delete a session, or wait for one to expire.',
    'later',
    503,
  ),
  SESSION_BUSY: entry(
    'The session is being created, loaded or deleted by another command.',
    'Send the command again after `retryAfterMs`.',
    'later',
    409,
  ),
  SESSION_VERSION_MISMATCH: entry(
    'The session changed since the version given in `ifSessionVersion`; `details.sessionVersion` is the current one.',
    'Read the state again, then decide.',
    'changed',
    412,
  ),
  INVALID_STATE: entry(
    'The command does not fit the state of the session, of the attachment or of the stream it names.',
    'Read `details` and the state of the session.',
    'changed',
    409,
  ),
  ID_CONFLICT: entry(
    'The command id was used before, for a different command.',
    'Use a new id for every new command.',
    'changed',
    409,
  ),
  IDEMPOTENCY_CONFLICT: entry(
    'The idempotency key was used before, for a different command.',
    'Use a new key for every new intention.',
    'changed',
    409,
  ),
  DEPENDENCY_UNKNOWN: entry(
    'A command named in `dependsOn` was never sent, or is queued behind this one.',
    'Send dependencies first.',
    'changed',
    424,
  ),
  DEPENDENCY_FAILED: entry(
    'A command named in `dependsOn` failed; this one did not run.',
    'Read the outcome of the dependency.',
    'changed',
    424,
  ),
  DEPENDENCY_CYCLE: entry(
    'The command depends on itself, directly or through others.',
    'Remove the cycle.',
    'changed',
    424,
  ),
  RATE_LIMITED: entry(
    'The budget of the principal, of the session or of the server is used up; the command did not run and took nothing of it.',
    'Wait for `retryAfterMs`.',
    'later',
    429,
  ),
  CIRCUIT_OPEN: entry(
    'What the command needs failed too often lately, so it was not tried.',
    'Wait for `retryAfterMs`.',
    'later',
    503,
  ),
  QUEUE_FULL: entry(
    'Too many commands are waiting or running: on the connection, in the session, of the principal or in the server.',
    'Await answers before sending more.',
    'later',
    503,
  ),
  MESSAGE_TOO_LARGE: entry(
    'The message is larger than `limits.maxMessageBytes`; over the limit of the transport the connection ends.',
    'Split the message.',
    'changed',
    413,
    closeCodes.tooLarge,
  ),
  TIMEOUT: entry(
    'The deadline passed before the command finished, or its time in the lane before it began (`details.started` is false then, and it never runs); this is its final outcome.',
    'Send a new command with a longer `timeoutMs`, if it is safe to run twice.',
    'never',
    504,
  ),
  CANCELLED: entry(
    'The command was cancelled by `cancel_command`, by an abort or by the end of its connection.',
    'Nothing, if that was intended.',
    'never',
    499,
  ),
  INTERRUPTED_BY_RESTART: entry(
    'The server ended while the command ran; whether it took effect is not known.',
    'Read the state, then decide.',
    'never',
    500,
  ),
  SPAWN_FAILED: entry(
    'The program could not be started; the message names the cause.',
    'Correct the command, the working directory or the permissions.',
    'changed',
    422,
  ),
  CAPACITY_EXCEEDED: entry(
    'A process, connection or memory limit is reached.',
    'End something, or try again later.',
    'later',
    503,
    closeCodes.tryLater,
  ),
  INPUT_QUEUE_FULL: entry(
    'The program does not read and its input queue cannot take this write; none of it was taken.',
    'Wait until the program reads, then send the same bytes again.',
    'later',
    429,
  ),
  AGENT_UNAVAILABLE: entry(
    'The agent backend is not installed, not configured or not running.',
    'Install or configure the backend.',
    'changed',
    503,
  ),
  AGENT_FAILED: entry('The agent backend reported a failure.', 'Read the message of the backend.', 'changed', 502),
  SHUTTING_DOWN: entry(
    'The server takes no new commands because it is ending.',
    'Connect again after it was restarted.',
    'later',
    503,
    closeCodes.goingAway,
  ),
  JOURNAL_UNAVAILABLE: entry(
    'The command must be recorded before it may run, and the journal cannot take it.',
    'See the server log; free disk space.',
    'later',
    503,
  ),
  PROTOCOL_VERSION_UNSUPPORTED: entry(
    'The client speaks another major version of the protocol.',
    'Use a client of the version that `server_ready` names.',
    'changed',
    400,
    closeCodes.unsupportedVersion,
  ),
  INTERNAL: entry(
    'A defect of the server; its log tells more under `details.correlationId`.',
    'Report it; whether the command took effect is not known.',
    'never',
    500,
  ),
});

/** Whether `value` is a code this version knows; codes of a newer minor version are to be treated like `INTERNAL`. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorCodes, value);
}

/** A refusal or failure as plain data: what a response carries, and what decoders return instead of throwing. */
export interface ProtocolFault {
  readonly code: ErrorCode;
  /** One sentence for people; names fields and limits, never echoes user data. */
  readonly message: string;
  /** Milliseconds after which the same command may succeed. */
  readonly retryAfterMs?: number;
  /** Plain JSON for programs, for example `{field: "cols"}`. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Set when the deadline of the command passed. */
  readonly timedOut?: true;
}

/** Optional parts of a {@link ProtocolError}. */
export interface ProtocolErrorOptions extends ErrorOptions {
  readonly retryAfterMs?: number | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly timedOut?: true | undefined;
}

/**
 * A {@link ProtocolFault} that can be thrown.
 *
 * Servers throw it from handlers and answer with its fault; clients reject with it. The `code` decides what to do, the message is
 * for people. What has no cause on the wire belongs into `cause`, which never leaves the process.
 */
export class ProtocolError extends Error implements ProtocolFault {
  override readonly name = 'ProtocolError';
  readonly code: ErrorCode;
  declare readonly retryAfterMs?: number;
  declare readonly details?: Readonly<Record<string, unknown>>;
  declare readonly timedOut?: true;

  constructor(code: ErrorCode, message: string, options: ProtocolErrorOptions = {}) {
    super(message, options);
    this.code = code;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    if (options.details !== undefined) this.details = options.details;
    if (options.timedOut !== undefined) this.timedOut = options.timedOut;
  }
}

/** Whether `error` is a {@link ProtocolError}, also one made by another copy of this package. */
export function isProtocolError(error: unknown): error is ProtocolError {
  return error instanceof Error && error.name === 'ProtocolError' && isErrorCode((error as { code?: unknown }).code);
}
