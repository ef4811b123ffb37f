import type { Principal } from '../auth/auth-provider.ts';
import { isAllowed } from '../auth/is-allowed.ts';
import { isWithin } from '../auth/is-within.ts';
import type { CommandHandlers } from './command-context.ts';

/** Commands about the record of commands. Everybody is told of their own, an administrator of all, and nobody of sessions beyond their patterns. */
export const journalCommands: Pick<CommandHandlers, 'get_startup_recovery' | 'get_command_history'> = {
  get_startup_recovery: async (_command, { server: { journal }, issuer: { principal } }) => ({
    ...journal.recovery,
    interruptedCommands: journal.interrupted(ownOnly(principal)).filter(isFor(principal)),
  }),
  get_command_history: async (command, { server: { journal }, issuer: { principal } }) => {
    const page = await journal.history(command, ownOnly(principal));
    return { ...page, entries: page.entries.filter(isFor(principal)) };
  },
};

/** The principal whose records alone are shown; `undefined` for all. */
function ownOnly(principal: Principal): string | undefined {
  return isAllowed(principal, 'admin') ? undefined : principal.id;
}

function isFor(principal: Principal): (record: { readonly sessionId?: string | undefined }) => boolean {
  return ({ sessionId }) => (sessionId === undefined ? principal.within === undefined : isWithin(principal, sessionId));
}
