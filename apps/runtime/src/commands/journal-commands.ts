import type { Principal } from '../auth/auth-provider.ts';
import { isAllowed } from '../auth/is-allowed.ts';
import type { CommandHandlers } from './command-context.ts';

/** Commands about the record of commands. Everybody is told of their own, an administrator of all. */
export const journalCommands: Pick<CommandHandlers, 'get_startup_recovery' | 'get_command_history'> = {
  get_startup_recovery: async (_command, { server: { journal }, issuer }) => ({
    ...journal.recovery,
    interruptedCommands: journal.interrupted(ownOnly(issuer.principal)),
  }),
  get_command_history: (command, { server: { journal }, issuer }) =>
    journal.history(command, ownOnly(issuer.principal)),
};

/** The principal whose records alone are shown; `undefined` for all. */
function ownOnly(principal: Principal): string | undefined {
  return isAllowed(principal, 'admin') ? undefined : principal.id;
}
