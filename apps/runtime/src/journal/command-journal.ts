import type { Command, ProtocolFault } from '@sessiond/protocol';

/** How durable the journal is: not at all, soon, or before anybody is answered. */
export type JournalMode = 'off' | 'async' | 'sync';

/** A command that is to be recorded, because its contract says so, when it is let in. */
export interface AcceptedCommand {
  readonly principalId: string;
  /** The journal keeps no more of it than its contract allows. */
  readonly command: Command;
  readonly correlationId: string;
  /** What the principal may do, as `rightsOf` has it. */
  readonly rights?: string | undefined;
  /** The life of the session that it is about, as there is one. */
  readonly instance?: string | undefined;
  /** SHA-256 of what the command asks for, in hex; absent for one that has neither id nor idempotency key. */
  readonly fingerprint?: string | undefined;
  /** Milliseconds of the wall clock. */
  readonly acceptedAtMs: number;
}

/** How a command ended, as its sender is told. */
export type RecordedOutcome =
  | { readonly ok: true; readonly data: unknown; readonly sessionVersion?: number | undefined }
  | { readonly ok: false; readonly fault: ProtocolFault };

/** What is recorded when a command has its outcome. */
export interface FinishedCommand {
  readonly outcome: RecordedOutcome;
  /** The session it was about, also one that it created. */
  readonly sessionId?: string | undefined;
  /** The life of that session, by which idempotency keys are told apart. */
  readonly instance?: string | undefined;
  /** Milliseconds of the wall clock; absent for a command that never began. */
  readonly startedAtMs?: number | undefined;
  readonly finishedAtMs: number;
}

/** A command in the journal that has no outcome yet. */
export interface JournalEntry {
  /** Rises by 1 from entry to entry, also over restarts. */
  readonly number: number;
  /** That of the command that was accepted, if it had one. */
  readonly fingerprint?: string | undefined;
  /**
   * Settles when the acceptance is as durable as the mode promises; `undefined` when nothing is to be waited for. Rejects with a `ProtocolError`
   * `JOURNAL_UNAVAILABLE`; the command must not run then.
   */
  readonly durable: Promise<void> | undefined;
  /** Records the outcome. Settles like {@link durable}; when it rejects, the outcome must not be acknowledged. Called at most once. */
  finish(finished: FinishedCommand): Promise<void> | undefined;
  /** Takes the entry back: the command never began, and its id may be used again. */
  withdraw(): void;
}

/** The durable record of commands and outcomes, as far as the one that runs commands is concerned. */
export interface CommandJournal {
  readonly mode: JournalMode;
  /** Records that a command was let in. @throws ProtocolError `JOURNAL_UNAVAILABLE` while nothing can be recorded. */
  accept(command: AcceptedCommand): JournalEntry;
}

/** A command of an earlier run. */
export interface RecoveredCommand {
  readonly principalId: string;
  readonly commandId?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly rights?: string | undefined;
  readonly type: Command['type'];
  readonly sessionId?: string | undefined;
  readonly instance?: string | undefined;
  readonly finishedAtMs: number;
  /** For one that was in flight when the run ended: a failure with `INTERRUPTED_BY_RESTART`. */
  readonly outcome: RecordedOutcome;
}
