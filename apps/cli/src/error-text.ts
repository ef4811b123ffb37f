import { isProtocolError } from '@sessiond/protocol/client';
import { oneLine } from './agent/tool-line.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/**
 * An error as a person is told: its sentence and, if the daemon says when it is worth another try, when that is. In one row that a terminal
 * obeys nothing of: what a provider or an agent said can be in it.
 */
export function errorText(error: Error): string {
  const sentence = oneLine(error.message);
  if (!isProtocolError(error) || error.retryAfterMs === undefined) return sentence;
  return `${sentence}; try again ${waitText(error.retryAfterMs)}`;
}

// Rounded up: a try that comes too early is refused again.
function waitText(waitMs: number): string {
  if (waitMs <= SECOND_MS) return 'in a second';
  if (waitMs <= 2 * MINUTE_MS) return `in ${Math.ceil(waitMs / SECOND_MS)} seconds`;
  return `in ${Math.ceil(waitMs / MINUTE_MS)} minutes`;
}
