import { agentCommands } from './agent-commands.ts';
import { bashCommands } from './bash-commands.ts';
import type { CommandHandlers } from './command-context.ts';
import { journalCommands } from './journal-commands.ts';
import { ptyCommands } from './pty-commands.ts';
import { serverCommands } from './server-commands.ts';
import { sessionCommands } from './session-commands.ts';

/** What carries out each command. */
export const commandHandlers: CommandHandlers = {
  ...serverCommands,
  ...journalCommands,
  ...sessionCommands,
  ...ptyCommands,
  ...bashCommands,
  ...agentCommands,
};
