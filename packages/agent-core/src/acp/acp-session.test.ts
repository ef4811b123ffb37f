import type { AgentEvent } from '@sessiond/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/fake-clock.ts';
import type { AcpLink } from './acp-link.ts';
import { AcpSession } from './acp-session.ts';

const never = new AbortController().signal;
const COMPACTING = { sessionUpdate: 'compaction_update', compactionId: 'c-1', status: 'in_progress' };
const said = (text: string) => ({ sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } });

let clock: FakeClock;
let events: AgentEvent[];
let session: AcpSession;
beforeEach(() => {
  clock = new FakeClock();
  events = [];
  session = new AcpSession({
    cwd: '/',
    maxTranscriptBytes: 1_000_000,
    emit: (event) => void events.push(event),
    onChanged: () => {},
    terminalText: () => '',
    clock,
    timestamp: () => '2026-01-31T12:00:00.000Z',
  });
});

/** A process that answers to each way of opening a conversation, after it has told something of it. */
function link(updates: readonly object[] = []): AcpLink {
  const abilities = { name: 'agent', load: true, resume: false, list: false, images: false, logins: [] };
  const request = async () => {
    for (const update of updates) session.update({ sessionId: 's-1', update });
    return { sessionId: 's-1' };
  };
  return { abilities, request } as unknown as AcpLink;
}

function update(...updates: readonly object[]): void {
  for (const each of updates) session.update({ sessionId: 's-1', update: each });
}

const types = () => events.map(({ type }) => type);

describe('what an agent says', () => {
  beforeEach(() => session.create(link(), never));

  it('[AC01] is over outside a prompt after a second without more', async () => {
    update(said('one'));
    await clock.advance(999);
    update(said(' two'));
    await clock.advance(999);
    expect(types()).not.toContain('message_end');
    await clock.advance(1);
    expect(types().slice(-2)).toEqual(['message_end', 'turn_end']);
    expect(clock.waiting).toBe(0);
  });

  it('[AC01] is waited for by no timer in a prompt, nor once somebody has ended it', () => {
    update(said('one'));
    expect(clock.waiting).toBe(1);
    session.abandon();
    expect(types().at(-1)).toBe('turn_end');
    expect(clock.waiting).toBe(0);
    session.conversation.begin({ message: 'go' });
    update(said('two'));
    expect(clock.waiting).toBe(0);
  });
});

describe('a compaction', () => {
  it('[AC05] of which a conversation tells that is told again is over, and a new one begins', async () => {
    await session.load(link([COMPACTING, said('one')]), 's-1', never);
    expect(session.isCompacting).toBe(false);
    expect(events).toEqual([]);
    update(COMPACTING);
    expect(session.isCompacting).toBe(true);
    expect(types()).toEqual(['compaction_start']);
    session.lose();
    session.lose();
    expect(types()).toEqual(['compaction_start', 'compaction_end']);
  });

  it('[AC05] ends with its conversation, of which nothing more is heard', async () => {
    await session.create(link(), never);
    update(COMPACTING);
    await session.create(link(), never);
    expect(session.isCompacting).toBe(false);
    expect(types()).toEqual(['compaction_start', 'compaction_end']);
  });
});
