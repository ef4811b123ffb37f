import type { HealthCheck, MetricSample } from '@sessiond/protocol';
import type { PtyLedger, PtyManager } from '@sessiond/pty-core';
import type { Logger } from 'pino';
import type { Admission } from './admission/admission.ts';
import type { AgentHosting } from './agents/agent-hosting.ts';
import type { AuditLog } from './audit/audit-log.ts';
import type { Traffic } from './connections/traffic.ts';
import type { Containment } from './containment.ts';
import type { CommandLanes } from './execution/command-lanes.ts';
import type { CommandObserver } from './execution/command-observer.ts';
import type { ConfiguredTimeouts } from './execution/command-timeout.ts';
import type { CommandTracer } from './execution/command-tracer.ts';
import type { OutcomeStore } from './execution/outcome-store.ts';
import type { SessionLocks } from './execution/session-locks.ts';
import type { CommandJournal } from './journal/command-journal.ts';
import type { JournalRecords } from './journal/journal-records.ts';
import type { Shells } from './sessions/bash/shells.ts';
import type { SessionRecord, SessionRecords } from './sessions/session-record.ts';

/** What the server is made of and told. */
export interface SessionServerOptions {
  readonly ptys: PtyManager;
  /** Where the children of `ptys` are recorded; `undefined` where that is not possible. */
  readonly ledger: PtyLedger | undefined;
  /** Run lines of shell beside the terminals. */
  readonly shells: Shells;
  /** What runs agents, and how. */
  readonly agents: AgentHosting;
  /** How long commands may run that do not say so themselves. */
  readonly timeoutsMs: ConfiguredTimeouts;
  readonly serverVersion: string;
  /** The transports clients can choose from. */
  readonly transports: readonly string[];
  readonly bufferBytes: number;
  readonly gracePeriodMs: number;
  /** `null` never. */
  readonly idleTimeoutMs: number | null;
  readonly maxLifetimeMs: number | null;
  readonly maxIdleMs: number | null;
  readonly retentionMs: number;
  readonly maxSessions: number;
  readonly maxMessageBytes: number;
  /** Every configured limit by name, for `get_metrics`. */
  readonly limits: Readonly<Record<string, number | null>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  /** Where a failure that has an owner ends. */
  readonly containment: Containment;
  /** Counts what connections carry. */
  readonly traffic: Traffic;
  readonly commandObserver: CommandObserver;
  /** Where it is written down who did what. */
  readonly audit: AuditLog;
  /** Default: nothing is traced. */
  readonly commandTracer?: CommandTracer | undefined;
  /** What stands before commands, and the order in which they run. */
  readonly admission: Admission;
  /** The record of commands. */
  readonly journal: CommandJournal & JournalRecords;
  /** Where sessions are recorded. */
  readonly records: SessionRecords;
  /** Sessions of earlier runs, oldest first. */
  readonly restored: readonly SessionRecord[];
  readonly lanes: CommandLanes;
  /** Who makes or ends the session of an id waits for whoever does so. */
  readonly locks: SessionLocks;
  /** How commands ended, for those that are sent again. */
  readonly outcomes: OutcomeStore;
  /** What is read from one connection per second; `null` for as fast as it sends. */
  readonly inputBytesPerSecond: number | null;
  /** Every number of the daemon as it is now, for `get_metrics`. */
  readonly metrics: () => readonly MetricSample[];
  /** What `health_check` says about parts of the daemon that are not in here. */
  readonly checks: readonly (() => HealthCheck)[];
}
