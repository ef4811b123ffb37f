import type { AgentOptions, AgentSessionInfo, PtySessionInfo } from '@sessiond/protocol';

/** What of a terminal session outlives the process: everything but its output, its events and its attachments. */
export interface PtySessionRecord {
  readonly info: PtySessionInfo;
  /** Number of its last event. */
  readonly seq: number;
  readonly gracePeriodMs: number;
  readonly idleTimeoutMs: number | null;
}

/** What of an agent session outlives the process: what is needed to take its conversation up again. */
export interface AgentSessionRecord {
  readonly info: AgentSessionInfo;
  /** Number of its last event. */
  readonly seq: number;
  readonly agent: AgentOptions;
}

/** What of a session outlives the process. */
export type SessionRecord = PtySessionRecord | AgentSessionRecord;

/** Whether it is the record of a terminal; records of agents say so, those of earlier versions are all of terminals. */
export function isPtyRecord(record: SessionRecord): record is PtySessionRecord {
  return record.info.kind !== 'agent';
}

/** When the retention of a finished session is over. */
export function expiresAtMs({ info }: SessionRecord): number {
  return Date.parse(info.stoppedAt ?? info.createdAt) + info.retention.afterExitMs;
}

/** Where sessions are recorded. Neither method waits or throws: what cannot be written now is written when that is possible again. */
export interface SessionRecords {
  /** Keeps what is known of a session, in place of what was kept. `read` is called when it is written, so that a burst of changes costs one record. */
  keep(sessionId: string, read: () => SessionRecord): void;
  forget(sessionId: string): void;
}

/** Records nothing. */
export const unrecordedSessions: SessionRecords = Object.freeze({ keep: () => {}, forget: () => {} });
