import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { exampleState } from '../example-session.ts';
import { type SessionState, sessionState } from '../session-state.ts';

/** Asks for everything about one session but its output. */
export interface GetStateCommand extends SessionCommandEnvelope {
  readonly type: 'get_state';
}

/** The record of the session and its history. */
export type GetStateData = SessionState;

/** Contract of `get_state`. */
export const getState: CommandContract<GetStateCommand, GetStateData> = contract({
  type: 'get_state',
  summary: 'Answers with the record of a session and its history: transitions and signals, also after the end.',
  appliesTo: 'session',
  scope: 'sessions:read',
  example: { type: 'get_state', id: 'c-11', sessionId: 'build' },
  exampleData: exampleState,
  schema: () => sessionCommand<GetStateCommand>('get_state'),
  dataSchema: () => sessionState,
});
