import { ProtocolError } from '@sessiond/protocol';
import { sessionNotFound } from '../sessions/session-not-found.ts';
import type { CommandHandlers } from './command-context.ts';

/** Commands about the server and the set of its sessions. */
export const serverCommands: Pick<
  CommandHandlers,
  | 'list_sessions'
  | 'create_session'
  | 'load_session'
  | 'list_stored_sessions'
  | 'delete_session'
  | 'get_metrics'
  | 'health_check'
  | 'cancel_command'
> = {
  list_sessions: async (_command, { host, maySee }) => {
    const sessions = await host.list();
    return { sessions: sessions.filter(({ sessionId }) => maySee(sessionId)) };
  },
  create_session: async (command, { host, cause, signal }) => {
    const session = await host.create(command, cause, signal);
    return { sessionId: session.sessionId, session };
  },
  load_session: async (command, { host, cause, signal, maySee }) => {
    const { sessionId, sessionPath, agentSessionId } = command;
    // Otherwise the id is a new one, which anybody may give.
    const takesUp = sessionPath === undefined && agentSessionId === undefined;
    if (takesUp && sessionId !== undefined && !maySee(sessionId)) {
      const { code, message } = sessionNotFound(sessionId);
      throw new ProtocolError(code, message);
    }
    const session = await host.load(command, cause, signal);
    return { sessionId: session.sessionId, session };
  },
  list_stored_sessions: async (command, { host, signal, maySee }) => {
    const { sessions, truncated } = await host.stored(command, signal);
    const told = sessions.map(({ sessionId, ...stored }) =>
      sessionId !== undefined && maySee(sessionId) ? { ...stored, sessionId } : stored,
    );
    return { sessions: told, truncated };
  },
  delete_session: async (command, { host, issuer, cause }) => {
    issuer.assertMayDrive(command.sessionId);
    await host.delete(command, cause);
    return { sessionId: command.sessionId };
  },
  get_metrics: (_command, { server }) => server.metrics(),
  health_check: (_command, { server }) => server.health(),
  cancel_command: async ({ commandId }, { cancel }) => ({ commandId, cancelled: cancel(commandId) }),
};
