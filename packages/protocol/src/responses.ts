import type { CommandType, ResponseDataOf } from './command.ts';
import type { ErrorCode, ProtocolFault } from './errors.ts';
import { ProtocolError } from './errors.ts';

/** The answer to a command that succeeded. */
export interface SuccessResponse<T extends CommandType = CommandType> {
  readonly type: 'response';
  /** The id of the command; absent if it had none. */
  readonly id?: string;
  readonly command: T;
  readonly success: true;
  readonly data: ResponseDataOf<T>;
  /** The version of the session after the command. */
  readonly sessionVersion?: number;
  /** Set when the outcome is from memory: the command ran earlier, not again. */
  readonly replayed?: true;
}

/** The answer to anything that failed; `error` is for people and may change, `code` is for programs and may not. */
export interface FailureResponse {
  readonly type: 'response';
  readonly id?: string;
  /** The type of the command, `bytes` for a byte frame, {@link UNREADABLE_COMMAND} if the message had no readable type. */
  readonly command: string;
  readonly success: false;
  readonly error: string;
  readonly code: ErrorCode;
  readonly retryAfterMs?: number;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Set when the deadline of the command passed. */
  readonly timedOut?: true;
  readonly sessionVersion?: number;
  readonly replayed?: true;
}

/** Exactly one of these follows every command. */
export type Response<T extends CommandType = CommandType> = { [K in T]: SuccessResponse<K> }[T] | FailureResponse;

/** What stands for the command in the answer to a message without a readable type. */
export const UNREADABLE_COMMAND = 'unknown';

/** What stands for the command in the answer to a byte frame, which is sent only on failure. */
export const BYTES_COMMAND = 'bytes';

/** What a response says beside its outcome. */
export interface ResponseExtras {
  readonly sessionVersion?: number | undefined;
  readonly replayed?: true | undefined;
}

/** Builds the answer to a command that succeeded; fields without a value are left out. */
export function successResponse<T extends CommandType>(
  command: { readonly type: T; readonly id?: string | undefined },
  data: ResponseDataOf<T>,
  extras: ResponseExtras = {},
): SuccessResponse<T> {
  return {
    type: 'response',
    ...(command.id !== undefined && { id: command.id }),
    command: command.type,
    success: true,
    data,
    ...extraFields(extras),
  };
}

/**
 * Builds the answer to a command that failed; fields without a value are left out.
 *
 * Takes a {@link ProtocolFault}, and so also a `ProtocolError` and the error of a failed decode. A cause never reaches the wire.
 */
export function failureResponse(
  command: { readonly type?: string | undefined; readonly id?: string | undefined },
  fault: ProtocolFault,
  extras: ResponseExtras = {},
): FailureResponse {
  return {
    type: 'response',
    ...(command.id !== undefined && { id: command.id }),
    command: command.type ?? UNREADABLE_COMMAND,
    success: false,
    error: fault.message,
    code: fault.code,
    ...(fault.retryAfterMs !== undefined && { retryAfterMs: fault.retryAfterMs }),
    ...(fault.details !== undefined && { details: fault.details }),
    ...(fault.timedOut && { timedOut: true }),
    ...extraFields(extras),
  };
}

/** The error that a client rejects with when it reads `response`. */
export function errorFromResponse(response: FailureResponse): ProtocolError {
  const { retryAfterMs, details, timedOut } = response;
  return new ProtocolError(response.code, response.error, { retryAfterMs, details, timedOut });
}

function extraFields({
  sessionVersion,
  replayed,
}: ResponseExtras): Pick<SuccessResponse, 'sessionVersion' | 'replayed'> {
  return { ...(sessionVersion !== undefined && { sessionVersion }), ...(replayed && { replayed }) };
}
