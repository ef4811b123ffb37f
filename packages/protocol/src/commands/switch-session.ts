import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { exampleSession } from '../example-session.ts';
import { object, offset, sessionId } from '../fields.ts';
import { type SessionInfo, sessionInfo } from '../session-info.ts';

/** Subscribes this connection to the events of a session, beside those it follows already. */
export interface SwitchSessionCommand extends SessionCommandEnvelope {
  readonly type: 'switch_session';
}

/** The session as it is at the moment from which events follow. */
export interface SwitchSessionData {
  readonly sessionId: string;
  /** The number of the last event before the subscription; the next event has a higher one. */
  readonly seq: number;
  readonly session: SessionInfo;
}

/** Contract of `switch_session`. */
export const switchSession: CommandContract<SwitchSessionCommand, SwitchSessionData> = contract({
  type: 'switch_session',
  summary:
    'Subscribes this connection to the events of a session, without its bytes and without leaving other sessions.',
  appliesTo: 'session',
  scope: 'sessions:read',
  outcomeScope: 'connection',
  example: { type: 'switch_session', id: 'c-9', sessionId: 'build' },
  exampleData: { sessionId: 'build', seq: 17, session: exampleSession },
  schema: () => sessionCommand<SwitchSessionCommand>('switch_session'),
  dataSchema: () => object<SwitchSessionData>({ sessionId, seq: offset, session: sessionInfo }),
});
