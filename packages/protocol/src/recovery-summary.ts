import * as z from 'zod';
import { object, offset, oneOf, type RequiredFields, timestamp } from './fields.ts';

/** How durable the record of commands is: none is kept, soon, or before anybody is answered. */
export type JournalMode = 'off' | 'async' | 'sync';

/**
 * What the server found of its earlier runs when it started: counts and times, nothing that names a command, a session or a
 * principal.
 */
export interface RecoverySummary {
  readonly journal: JournalMode;
  /** When this run of the server looked. */
  readonly recoveredAt: string;
  /** How long the look took. */
  readonly durationMs: number;
  /** How the run before ended: there was `none` with this journal, it `ended` in order, or it was `interrupted`. */
  readonly previousRun: 'none' | 'ended' | 'interrupted';
  /** Outcomes that are answered again as they were. */
  readonly outcomes: number;
  /** Commands that were in flight; they are answered with `INTERRUPTED_BY_RESTART`. */
  readonly interrupted: number;
  /** Finished sessions that can still be read about. */
  readonly sessions: number;
  /** Of these, the ones whose program ran when the server was gone. */
  readonly lostSessions: number;
  /** Writes of the earlier run that are no longer in the journal, because its files were damaged or not written out. */
  readonly missingWrites: number;
  /** Records in the journal that could not be read. */
  readonly damagedRecords: number;
  /** Whether the journal could not be read at all; it was set aside then, and this run began with an empty one. */
  readonly setAside: boolean;
}

/** Sent right after `server_ready` when the server keeps a journal. */
export interface StartupRecoverySummary {
  readonly type: 'startup_recovery_summary';
  readonly data: RecoverySummary;
}

/** Builds the message that follows `server_ready`. */
export function startupRecoverySummary(data: RecoverySummary): StartupRecoverySummary {
  return { type: 'startup_recovery_summary', data };
}

/** Schema of {@link JournalMode}. */
export const journalMode: z.ZodType<JournalMode> = oneOf(['off', 'async', 'sync']);

/** The fields of {@link RecoverySummary}, for what extends it. */
export const recoveryFields: RequiredFields<RecoverySummary> = {
  journal: journalMode,
  recoveredAt: timestamp,
  durationMs: z.number(),
  previousRun: oneOf(['none', 'ended', 'interrupted']),
  outcomes: offset,
  interrupted: offset,
  sessions: offset,
  lostSessions: offset,
  missingWrites: offset,
  damagedRecords: offset,
  setAside: z.boolean(),
};

/** Schema of {@link StartupRecoverySummary}. */
export const startupRecoverySummarySchema: z.ZodType<StartupRecoverySummary> = object<StartupRecoverySummary>({
  type: oneOf(['startup_recovery_summary']),
  data: object<RecoverySummary>(recoveryFields),
});
