import type { ExitInfo, SessionInfo } from '@sessiond/protocol';

/** How a program ended, in words. */
export function exitText({ exitCode, signal, reason }: ExitInfo): string {
  if (reason === 'lost') return 'lost with its daemon';
  const how =
    exitCode !== null ? `exited with ${exitCode}` : signal !== null ? `ended by ${signal}` : 'ended, status lost';
  return reason === 'exited' || reason === 'signaled' ? how : `${how} (${reason})`;
}

/** Where a session is in its life, with how it ended. */
export function stateText({ state, exit }: SessionInfo): string {
  return exit === undefined ? state : `${state}: ${exitText(exit)}`;
}

/** The command line of a session, not quoted. */
export function commandText({ command, args }: SessionInfo): string {
  return [command, ...args].join(' ');
}
