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
  load_session: async (command, { host, cause, signal }) => {
    const session = await host.load(command, cause, signal);
    return { sessionId: session.sessionId, session };
  },
  list_stored_sessions: (command, { host, signal }) => host.stored(command, signal),
  delete_session: async (command, { host, issuer, cause }) => {
    issuer.assertMayDrive(command.sessionId);
    await host.delete(command, cause);
    return { sessionId: command.sessionId };
  },
  get_metrics: (_command, { server }) => server.metrics(),
  health_check: (_command, { server }) => server.health(),
  cancel_command: async ({ commandId }, { cancel }) => ({ commandId, cancelled: cancel(commandId) }),
};
