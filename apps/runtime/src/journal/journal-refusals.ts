import { ProtocolError } from '@sessiond/protocol';

/** How often a failed journal is tried again, and so when a refused command is worth another try. */
export const RETRY_MS = 5_000;

/** What commands that must be recorded are told while nothing can be. */
export function journalUnavailable(cause?: unknown): ProtocolError {
  const message = 'Cannot record the command: the journal cannot be written to';
  return new ProtocolError('JOURNAL_UNAVAILABLE', message, { retryAfterMs: RETRY_MS, cause });
}

/** What commands that must be recorded are told while more than `maxQueuedChars` wait to be. */
export function journalBehind(maxQueuedChars: number): ProtocolError {
  const message = `Cannot record the command: ${maxQueuedChars} characters wait to be written, the most allowed`;
  return new ProtocolError('JOURNAL_UNAVAILABLE', message, { retryAfterMs: 1_000 });
}
