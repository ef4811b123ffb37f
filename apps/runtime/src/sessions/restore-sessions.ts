import type { SessionKind } from '@sessiond/protocol';
import type { EarlierSessionHooks } from './earlier-session.ts';
import { RestoredAgentSession } from './restored-agent-session.ts';
import { RestoredSession } from './restored-session.ts';
import { expiresAtMs, isPtyRecord, type SessionRecord, type SessionRecords } from './session-record.ts';
import type { SessionRegistry } from './session-registry.ts';

/** Where sessions of earlier runs go. */
export interface RestoreTarget {
  readonly registry: Pick<SessionRegistry, 'restore' | 'record' | 'unattached'>;
  readonly records: Pick<SessionRecords, 'forget'>;
  /** Sessions of a kind that there may be. */
  readonly maxSessions: Readonly<Record<SessionKind, number>>;
}

/**
 * Takes up the sessions of earlier runs, oldest first. Of more of a kind than are allowed now, the oldest give way, as they would to new ones: their records are
 * forgotten.
 */
export function restoreSessions(
  found: readonly SessionRecord[],
  { registry, records, maxSessions }: RestoreTarget,
): void {
  const hooks: EarlierSessionHooks = {
    onChanged: (session) => registry.record(session),
    onUnattached: (session) => registry.unattached(session),
  };
  const surplus = { pty: -maxSessions.pty, agent: -maxSessions.agent };
  for (const record of found) surplus[isPtyRecord(record) ? 'pty' : 'agent'] += 1;
  for (const record of found) {
    const session = isPtyRecord(record) ? new RestoredSession(record, hooks) : new RestoredAgentSession(record, hooks);
    if (surplus[session.kind] > 0) {
      surplus[session.kind] -= 1;
      records.forget(session.sessionId);
    } else registry.restore(session, expiresAtMs(record));
  }
}
