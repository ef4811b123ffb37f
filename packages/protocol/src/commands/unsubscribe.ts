import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { object, sessionId } from '../fields.ts';

/** Ends this connection's subscription to the events of a session. */
export interface UnsubscribeCommand extends SessionCommandEnvelope {
  readonly type: 'unsubscribe';
}

/** The session whose events no longer come. */
export interface UnsubscribeData {
  readonly sessionId: string;
}

/** Contract of `unsubscribe`. */
export const unsubscribe: CommandContract<UnsubscribeCommand, UnsubscribeData> = contract({
  type: 'unsubscribe',
  summary:
    'Ends the event subscription of this connection, also one that came with `attach`; bytes go on. Succeeds without one.',
  appliesTo: 'session',
  scope: 'sessions:read',
  sessionAccess: 'any',
  outcomeScope: 'connection',
  example: { type: 'unsubscribe', id: 'c-10', sessionId: 'build' },
  exampleData: { sessionId: 'build' },
  schema: () => sessionCommand<UnsubscribeCommand>('unsubscribe'),
  dataSchema: () => object<UnsubscribeData>({ sessionId }),
});
