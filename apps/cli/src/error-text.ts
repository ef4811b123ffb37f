import { isProtocolError } from '@sessiond/protocol/client';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/** An error as a person is told: its sentence and, if the daemon says when it is worth another try, when that is. */
export function errorText(error: Error): string {
  if (!isProtocolError(error) || error.retryAfterMs === undefined) return error.message;
  return `${error.message}; try again ${waitText(error.retryAfterMs)}`;
}

// Rounded up: a try that comes too early is refused again.
function waitText(waitMs: number): string {
  if (waitMs <= SECOND_MS) return 'in a second';
  if (waitMs <= 2 * MINUTE_MS) return `in ${Math.ceil(waitMs / SECOND_MS)} seconds`;
  return `in ${Math.ceil(waitMs / MINUTE_MS)} minutes`;
}
