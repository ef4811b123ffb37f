import type { Command, ProtocolFault } from '@sessiond/protocol';
import type { SessionRecord } from '../sessions/session-record.ts';
import type { AcceptedCommand, FinishedCommand, RecordedOutcome } from './command-journal.ts';
import { keptFields } from './redaction.ts';

/** Raised whenever a journal of before could not be read with what stands here. */
export const FORMAT_VERSION = 1;

/** An entry as it is on disk. */
export interface StoredEntry {
  readonly principalId: string;
  readonly type: Command['type'];
  readonly commandId?: string;
  readonly idempotencyKey?: string;
  /** As the command names it. */
  readonly sessionId?: string;
  readonly correlationId: string;
  readonly fingerprint?: string;
  readonly rights?: string;
  readonly instance?: string;
  readonly acceptedAtMs: number;
  /** What the contract lets the journal keep. */
  readonly kept: Readonly<Record<string, unknown>>;
  /** Absent while the command is in flight. The outcome is whole, or it could not be answered again as it was. */
  readonly finished?: FinishedCommand;
}

/** What stands in the place of an entry that was taken back, so that no number is missing. */
export interface WithdrawnEntry {
  readonly withdrawn: true;
  readonly acceptedAtMs: number;
}

/** What is known of the journal as a whole; written with every batch. */
export interface JournalMeta {
  /** Batches written since the journal was made. */
  readonly commits: number;
  /** Number of the next entry. */
  readonly next: number;
  /** Number of the first entry that was not removed for its age or for want of room. */
  readonly first: number;
  /** Size of all entries, as text. */
  readonly bytes: number;
  /** Whether the last run ended in order. */
  readonly ended: boolean;
}

/** The text of an entry, with its outcome if it has one. */
export function encodeEntry(accepted: AcceptedCommand, acceptedAtMs: number, finished?: FinishedCommand): string {
  const { principalId, command, correlationId, fingerprint, rights, instance } = accepted;
  // JSON leaves out what is not there.
  return JSON.stringify({
    principalId,
    type: command.type,
    commandId: command.id,
    idempotencyKey: command.idempotencyKey,
    sessionId: command.sessionId,
    correlationId,
    fingerprint,
    rights,
    instance,
    acceptedAtMs,
    kept: keptFields(command),
    finished: finished && withPlainOutcome(finished),
  });
}

/** The text of an entry that was read without an outcome, with the outcome it is given. */
export function encodeFinished(entry: StoredEntry, finished: FinishedCommand): string {
  return JSON.stringify({ ...entry, finished: withPlainOutcome(finished) });
}

function withPlainOutcome(finished: FinishedCommand): FinishedCommand {
  return finished.outcome.ok ? finished : { ...finished, outcome: plain(finished.outcome) };
}

/** The outcome as JSON has it: a fault may be an error, whose message JSON leaves out. */
function plain(outcome: RecordedOutcome): RecordedOutcome {
  if (outcome.ok) return outcome;
  const { code, message, retryAfterMs, details, timedOut } = outcome.fault;
  const fault: ProtocolFault = {
    code,
    message,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(details !== undefined && { details }),
    ...(timedOut !== undefined && { timedOut }),
  };
  return { ok: false, fault };
}

/** The text of an entry that was taken back. */
export function encodeWithdrawn(acceptedAtMs: number): string {
  return JSON.stringify({ withdrawn: true, acceptedAtMs } satisfies WithdrawnEntry);
}

/** Tells an entry from what stands in the place of one. */
export function isWithdrawn(entry: StoredEntry | WithdrawnEntry): entry is WithdrawnEntry {
  return 'withdrawn' in entry;
}

/** What a text of {@link encodeEntry} and its like stands for; `undefined` when it is none. */
export function parseEntry(text: string): StoredEntry | WithdrawnEntry | undefined {
  return parse<StoredEntry | WithdrawnEntry>(text);
}

/** The same for what is known of a session. */
export function parseSession(text: string): SessionRecord | undefined {
  return parse<SessionRecord>(text);
}

/** The same for what is known of the whole. */
export function parseMeta(text: string): JournalMeta | undefined {
  return parse<JournalMeta>(text);
}

function parse<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
