import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../contract.ts';
import { durationMs, object, sessionId } from '../fields.ts';

/** Removes a session; a program that still runs is ended first. */
export interface DeleteSessionCommand extends SessionCommandEnvelope {
  readonly type: 'delete_session';
  /** From SIGTERM to SIGKILL; default the session's own. */
  readonly gracePeriodMs?: number;
}

/** The session that no longer exists. */
export interface DeleteSessionData {
  readonly sessionId: string;
}

/** Contract of `delete_session`. */
export const deleteSession: CommandContract<DeleteSessionCommand, DeleteSessionData> = contract({
  type: 'delete_session',
  summary: 'Ends the program of a session if it still runs, then removes the session and its output.',
  appliesTo: 'session',
  scope: 'sessions:write',
  exclusive: true,
  mutates: true,
  timeoutClass: 'stop',
  journalled: true,
  journalKeeps: ['gracePeriodMs'],
  example: { type: 'delete_session', id: 'c-3', sessionId: 'build' },
  exampleData: { sessionId: 'build' },
  schema: () => sessionCommand<DeleteSessionCommand>('delete_session', {}, { gracePeriodMs: durationMs }),
  dataSchema: () => object<DeleteSessionData>({ sessionId }),
});
