import type { Client } from '@sessiond/client';
import type { SessionInfo } from '@sessiond/protocol';
import { ProtocolError } from '@sessiond/protocol/client';
import { UsageError } from './errors.ts';

/** The id of the session that {@link findSession} finds. */
export async function findSessionId(client: Pick<Client, 'request'>, word: string): Promise<string> {
  return (await findSession(client, word)).sessionId;
}

/**
 * The session that a word means: the one with that id, else the only one with that name.
 *
 * @throws UsageError when several have the name, with their ids; ProtocolError `SESSION_NOT_FOUND` when none has.
 */
export async function findSession(client: Pick<Client, 'request'>, word: string): Promise<SessionInfo> {
  const { sessions } = await client.request('list_sessions');
  const found = sessionCalled(sessions, word);
  if (found !== undefined) return found;
  throw new ProtocolError('SESSION_NOT_FOUND', `Cannot find session ${word}: none has this id or name`);
}

/** The one of these sessions that a word means, as for {@link findSession}; `undefined` when none has this id or name. */
export function sessionCalled(sessions: readonly SessionInfo[], word: string): SessionInfo | undefined {
  const itself = sessions.find(({ sessionId }) => sessionId === word);
  if (itself !== undefined) return itself;
  const named = sessions.filter(({ name }) => name === word);
  if (named.length <= 1) return named[0];
  throw new UsageError(
    `Cannot tell which session: ${named.map(({ sessionId }) => sessionId).join(', ')} are called ${word}`,
  );
}
