import { expect, it } from 'vitest';
import { sessionRecord } from '../journal/journal-fixture.ts';
import type { HostedSession } from './hosted-session.ts';
import { restoreSessions } from './restore-sessions.ts';
import type { AgentSessionRecord } from './session-record.ts';

/** As much of the record of an agent as is looked at. */
function agentRecord(sessionId: string): AgentSessionRecord {
  const { kind, ...info } = sessionRecord(sessionId).info;
  return { info: { ...info, kind: 'agent' }, seq: 1, agent: { backend: 'fake' } } as unknown as AgentSessionRecord;
}

it('takes up the newest of each kind, in their order, and forgets those for which there is no room', () => {
  const restored: HostedSession[] = [];
  const forgotten: string[] = [];
  const found = ['t1', 'a1', 't2', 'a2', 't3', 'a3'].map((id) =>
    id.startsWith('t') ? sessionRecord(id) : agentRecord(id),
  );
  restoreSessions(found, {
    registry: { restore: (session) => restored.push(session), record: () => {}, unattached: () => {} },
    records: { forget: (sessionId) => forgotten.push(sessionId) },
    maxSessions: { pty: 2, agent: 1 },
  });
  expect(restored.map(({ sessionId, kind }) => `${sessionId} ${kind}`)).toEqual(['t2 pty', 't3 pty', 'a3 agent']);
  expect(forgotten).toEqual(['t1', 'a1', 'a2']);
});
