import { type Command, errorCodes, type ProtocolError, type ProtocolFault } from '@sessiond/protocol';
import type { RecordedOutcome } from '../journal/command-journal.ts';
import { type CommandAnswer, failureText, successText } from './command-answer.ts';

/** Told when a command was carried out and that could not be recorded. */
export const UNRECORDED: ProtocolFault = Object.freeze({
  code: 'JOURNAL_UNAVAILABLE',
  message: 'The command was carried out, but its outcome could not be recorded',
  details: Object.freeze({ executed: true }),
});

const UNANSWERABLE: ProtocolFault = Object.freeze({
  code: 'INTERNAL',
  message: 'The command was carried out, but its answer cannot be sent',
});

/** An outcome as an answer without an id; one that cannot be written, such as one too large for a string, is told as a failure. */
export function answerOf(type: Command['type'], outcome: RecordedOutcome): CommandAnswer {
  if (!outcome.ok) return { code: outcome.fault.code, text: failureText(type, outcome.fault) };
  try {
    const { data, sessionVersion } = outcome;
    return { code: 'OK', text: successText(type, data, sessionVersion), data };
  } catch {
    return { code: UNANSWERABLE.code, text: failureText(type, UNANSWERABLE) };
  }
}

/** How far a command came. */
export interface CommandCourse {
  /** When execution began. */
  readonly startedMs: number | undefined;
  /** Why it was not wanted any more. */
  readonly abortReason: ProtocolError | undefined;
}

/**
 * Whether the outcome holds for ever. A refusal that can go away by itself does not: the command may be sent again with its id. Of a command that was aborted
 * when it had begun, nobody knows what it has done, so that it must not run again.
 */
export function isFinal({ startedMs, abortReason }: CommandCourse, outcome: RecordedOutcome): boolean {
  if (outcome.ok || outcome.fault === UNRECORDED || (startedMs !== undefined && abortReason !== undefined)) return true;
  return errorCodes[outcome.fault.code].retry !== 'later';
}
