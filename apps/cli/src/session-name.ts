import type { Client } from '@sessiond/client';
import { ProtocolError } from '@sessiond/protocol/client';
import { UsageError } from './errors.ts';

/**
 * The id of the session that a word means: the one with that id, else the only one with that name.
 *
 * @throws UsageError when several have the name, with their ids; ProtocolError `SESSION_NOT_FOUND` when none has.
 */
export async function findSessionId(client: Pick<Client, 'request'>, word: string): Promise<string> {
  const { sessions } = await client.request('list_sessions');
  if (sessions.some(({ sessionId }) => sessionId === word)) return word;
  const named = sessions.filter(({ name }) => name === word).map(({ sessionId }) => sessionId);
  const [first, ...others] = named;
  if (first === undefined) {
    throw new ProtocolError('SESSION_NOT_FOUND', `Cannot find session ${word}: none has this id or name`);
  }
  if (others.length > 0) throw new UsageError(`Cannot tell which session: ${named.join(', ')} are called ${word}`);
  return first;
}
