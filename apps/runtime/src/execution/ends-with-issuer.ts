import type { Command } from '@sessiond/protocol';

/** Whether a command is of no use to anybody once nobody waits for its answer: what only waits, and what asked for that. */
export function endsWithIssuer(command: Command): boolean {
  if (command.type === 'wait_for') return true;
  return (command.type === 'bash' || command.type === 'prompt') && command.cancelOnDisconnect === true;
}
