import type { Client } from '@sessiond/client';
import { expect, it } from 'vitest';
import { findSessionId } from './session-name.ts';

const sessions = [
  { sessionId: 'a', name: 'build' },
  { sessionId: 'b', name: 'shell' },
  { sessionId: 'c', name: 'shell' },
  { sessionId: 'd' },
  { sessionId: 'shell-1', name: 'd' },
];
const client = { request: async () => ({ sessions }) } as unknown as Pick<Client, 'request'>;

it.each([
  ['a', 'a'],
  ['build', 'a'],
  ['d', 'd'],
  ['shell-1', 'shell-1'],
])('takes %s for the session %s: ids win over names', async (word, sessionId) => {
  expect(await findSessionId(client, word)).toBe(sessionId);
});

it('does not guess between sessions of one name, and says which they are', async () => {
  await expect(findSessionId(client, 'shell')).rejects.toMatchObject({
    code: 'USAGE',
    message: 'Cannot tell which session: b, c are called shell',
  });
});

it('finds no session that does not exist', async () => {
  await expect(findSessionId(client, 'nobody')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
});
