import type { Logger } from 'pino';
import type { Admission } from '../admission/admission.ts';
import type { AdmissionSnapshot } from '../admission/admission-snapshot.ts';
import type { Authorizer } from '../auth/authorizer.ts';
import type { CommandHandlers, ServerFacts } from '../commands/command-context.ts';
import type { CommandJournal } from '../journal/command-journal.ts';
import type { SessionHost } from '../sessions/session-host.ts';
import type { CommandLanes } from './command-lanes.ts';
import type { CommandObserver } from './command-observer.ts';
import type { ConfiguredTimeouts } from './command-timeout.ts';
import type { CommandTracer } from './command-tracer.ts';
import type { Deadlines } from './deadlines.ts';
import type { OutcomeStore, OutcomeStoreSnapshot } from './outcome-store.ts';
import type { SessionLocks } from './session-locks.ts';

/** What the runner needs; one for all connections. */
export interface CommandRunnerOptions {
  readonly host: SessionHost;
  readonly handlers: CommandHandlers;
  readonly server: ServerFacts;
  readonly admission: Admission;
  readonly lanes: CommandLanes;
  readonly locks: SessionLocks;
  readonly outcomes: OutcomeStore;
  readonly logger: Logger;
  /** Asked about every command, whether it is answered from memory or not. */
  readonly authorizer: Pick<Authorizer, 'fault' | 'covers' | 'maySee'>;
  /** Default: nobody is told. */
  readonly observer?: CommandObserver | undefined;
  /** Default: nothing is traced. */
  readonly tracer?: CommandTracer | undefined;
  /** Default: nothing is recorded. */
  readonly journal?: CommandJournal | undefined;
  /** How long commands may run that do not say so themselves; default as the protocol has it. */
  readonly timeoutsMs?: ConfiguredTimeouts | undefined;
  /** Default: those of the platform. */
  readonly deadlines?: Deadlines | undefined;
  /** Monotonic milliseconds; default `performance.now`. */
  readonly now?: (() => number) | undefined;
}

/** Commands at this moment. */
export interface CommandRunnerSnapshot {
  /** Let in and not answered yet: those that wait and those that run. */
  readonly inFlight: number;
  /** What stands before commands, the lanes included. */
  readonly admission: AdmissionSnapshot;
  readonly outcomes: OutcomeTotals;
}

/** What is remembered of commands, and how often that has helped since the start. */
export interface OutcomeTotals extends OutcomeStoreSnapshot {
  /** Commands answered from memory: by their id, and by their idempotency key. */
  readonly replays: { readonly id: number; readonly key: number };
  /** Commands that had to wait for one they depend on. */
  readonly dependencyWaits: number;
}
