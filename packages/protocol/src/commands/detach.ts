import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { integer, object, offset, sessionId } from '../fields.ts';

/** Ends this connection's attachment to a session; the session goes on. */
export interface DetachCommand extends SessionCommandEnvelope {
  readonly type: 'detach';
}

/** The attachment that ended. */
export interface DetachData {
  readonly sessionId: string;
  /** No frame of this channel follows the response; the number is not used again on this connection. */
  readonly channel: number;
  /** The offset after the last byte that was sent; attaching from here continues exactly. */
  readonly offset: number;
}

/** Contract of `detach`. */
export const detach: CommandContract<DetachCommand, DetachData> = contract({
  type: 'detach',
  summary: 'Ends the attachment of this connection to a session; `INVALID_STATE` if there is none.',
  appliesTo: 'session',
  scope: 'sessions:read',
  sessionAccess: 'any',
  outcomeScope: 'connection',
  example: { type: 'detach', id: 'c-8', sessionId: 'build' },
  exampleData: { sessionId: 'build', channel: 1, offset: 5120 },
  schema: () => sessionCommand<DetachCommand>('detach'),
  dataSchema: () => object<DetachData>({ sessionId, channel: integer(0, 0xffff_ffff), offset }),
});
