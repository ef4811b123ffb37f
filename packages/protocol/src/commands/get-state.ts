import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { exampleSession } from '../example-session.ts';
import { type SessionInfo, sessionInfo } from '../session-info.ts';

/** Asks for the record of one session. */
export interface GetStateCommand extends SessionCommandEnvelope {
  readonly type: 'get_state';
}

/** The record itself. */
export type GetStateData = SessionInfo;

/** Contract of `get_state`. */
export const getState: CommandContract<GetStateCommand, GetStateData> = contract({
  type: 'get_state',
  summary: 'Answers with the record of a session.',
  appliesTo: 'session',
  scope: 'sessions:read',
  example: { type: 'get_state', id: 'c-11', sessionId: 'build' },
  exampleData: exampleSession,
  schema: () => sessionCommand<GetStateCommand>('get_state'),
  dataSchema: () => sessionInfo,
});
