import type { Command } from '@sessiond/protocol';

/** Whether a command is of no use to anybody once nobody waits for its answer: what only waits, and what asked for that. */
export function endsWithIssuer(command: Command): boolean {
  return command.type === 'wait_for' || (command.type === 'bash' && command.cancelOnDisconnect === true);
}
