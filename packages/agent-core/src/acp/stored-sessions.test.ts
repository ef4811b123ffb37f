import { expect, it } from 'vitest';
import { FakeClock, settled } from '../../test/fake-clock.ts';
import type { AcpLink } from './acp-link.ts';
import { listAllStoredSessions } from './stored-sessions.ts';

const query = { backend: 'acp', limit: 2 };
const never = new AbortController().signal;

/** An agent that keeps these conversations, each with a day in January. */
function keeping(...kept: readonly (readonly [id: string, day: number])[]): AcpLink {
  const sessions = kept.map(([sessionId, day]) => ({ sessionId, updatedAt: `2026-01-0${day}T00:00:00.000Z` }));
  return linkThat(async () => ({ sessions }));
}

function failing(message: string): AcpLink {
  return linkThat(() => Promise.reject(new Error(message)));
}

/** An agent that answers to nothing, until it is given up. */
const busy = linkThat(
  (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
);

function linkThat(answer: (signal: AbortSignal) => Promise<unknown>): AcpLink {
  const request = (_method: string, _params: object, signal: AbortSignal) => answer(signal);
  return { abilities: { name: 'agent' }, request } as unknown as AcpLink;
}

const idsOf = (sessions: readonly { agentSessionId?: string }[]) =>
  sessions.map(({ agentSessionId }) => agentSessionId);

it('[AC05] lists what several agents keep, newest first, each conversation once and no more than are wanted', async () => {
  const clock = new FakeClock();
  const links = [keeping(['a', 1], ['b', 3]), keeping(['b', 3], ['c', 2])];
  expect(idsOf(await listAllStoredSessions(links, query, { clock, signal: never }))).toEqual(['b', 'c']);
  expect(await listAllStoredSessions([], query, { clock, signal: never })).toEqual([]);
  expect(clock.waiting).toBe(0);
});

it('[AC05] waits five seconds for an agent that does not listen, and does without one that fails', async () => {
  const clock = new FakeClock();
  const listed = listAllStoredSessions([busy, failing('no'), keeping(['a', 1])], query, { clock, signal: never });
  let isListed = false;
  void listed.then(() => {
    isListed = true;
  });
  await clock.advance(4_999);
  expect(isListed).toBe(false);
  await clock.advance(1);
  expect(idsOf(await listed)).toEqual(['a']);
});

it('[AC05] says why when no agent can be asked, and nothing of that to who gave up', async () => {
  const clock = new FakeClock();
  const refused = listAllStoredSessions([failing('first'), failing('second')], query, { clock, signal: never });
  await expect(refused).rejects.toMatchObject({ code: 'agent-failed', message: expect.stringContaining('first') });
  const caller = new AbortController();
  const listed = expect(listAllStoredSessions([busy], query, { clock, signal: caller.signal })).rejects.toThrow(
    'gave up',
  );
  await settled();
  caller.abort(new Error('gave up'));
  await listed;
  expect(clock.waiting).toBe(0);
});
