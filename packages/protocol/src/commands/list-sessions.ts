import { type CommandContract, type CommandEnvelope, contract, serverCommand } from '../contract.ts';
import { exampleSession } from '../example-session.ts';
import { list, object } from '../fields.ts';
import { type SessionInfo, sessionInfo } from '../session-info.ts';

/** Asks for every session the principal may see. */
export interface ListSessionsCommand extends CommandEnvelope {
  readonly type: 'list_sessions';
}

/** The sessions, oldest first. */
export interface ListSessionsData {
  readonly sessions: readonly SessionInfo[];
}

/** Contract of `list_sessions`. */
export const listSessions: CommandContract<ListSessionsCommand, ListSessionsData> = contract({
  type: 'list_sessions',
  summary:
    'Lists the sessions the principal may see, oldest first, stopped ones included until their retention is over.',
  appliesTo: 'server',
  scope: 'sessions:read',
  example: { type: 'list_sessions', id: 'c-1' },
  exampleData: { sessions: [exampleSession] },
  schema: () => serverCommand<ListSessionsCommand>('list_sessions'),
  dataSchema: () => object<ListSessionsData>({ sessions: list(sessionInfo, 100_000) }),
});
