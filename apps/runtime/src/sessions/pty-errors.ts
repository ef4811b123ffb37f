import { type ErrorCode, ProtocolError } from '@sessiond/protocol';
import { isPtyError, type PtyError } from '@sessiond/pty-core';

const CODES: Readonly<Record<PtyError['code'], ErrorCode>> = {
  SPAWN_FAILED: 'SPAWN_FAILED',
  INVALID_OPTION: 'INVALID_COMMAND',
  INVALID_STATE: 'INVALID_STATE',
  INVALID_TRANSITION: 'INTERNAL',
  INPUT_QUEUE_FULL: 'INPUT_QUEUE_FULL',
  CAPACITY_EXCEEDED: 'CAPACITY_EXCEEDED',
  PTY_EXISTS: 'SESSION_EXISTS',
  PTY_NOT_FOUND: 'SESSION_NOT_FOUND',
  SIGNAL_FAILED: 'INVALID_STATE',
  BINDING_UNUSABLE: 'INTERNAL',
  LEDGER_UNUSABLE: 'INTERNAL',
};

/** Does something with a PTY. @throws what {@link toProtocolError} makes of its refusal. */
export function asProtocolErrors<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw toProtocolError(error);
  }
}

/** What a client is told when a PTY refuses; anything unexpected stays what it is, so that it is logged as a defect. */
export function toProtocolError(error: unknown): unknown {
  if (!isPtyError(error)) return error;
  const details =
    'option' in error ? { field: error.option } : 'reason' in error ? { reason: error.reason } : undefined;
  return new ProtocolError(CODES[error.code], error.message, { cause: error, details });
}
