import type { ExitInfo, SessionInfo } from '@sessiond/protocol';

/** How a program ended, in words. */
export function exitText({ exitCode, signal, reason }: ExitInfo): string {
  if (reason === 'lost') return 'lost with its daemon';
  const how = exitCode !== null ? `exited with ${exitCode}` : signal !== null ? `ended by ${signal}` : 'ended';
  return reason === 'exited' || reason === 'signaled' ? how : `${how} (${reason})`;
}

/** Where a session is in its life, with how it ended. */
export function stateText({ state, exit }: SessionInfo): string {
  return exit === undefined ? state : `${state}: ${exitText(exit)}`;
}

/** What runs in a session: the command line, not quoted, or the agent and its model. */
export function commandText(session: SessionInfo): string {
  if (session.kind === 'pty') return [session.command, ...session.args].join(' ');
  const { backend, model } = session;
  return model === undefined ? backend : `${backend} ${model.provider}/${model.id}`;
}
