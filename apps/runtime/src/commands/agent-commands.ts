import { type AgentCommand, type AgentCommandType, agentCommandTypes, commandContract } from '@sessiond/protocol';
import type { CommandContext, CommandHandlers } from './command-context.ts';

/** Commands that only an agent session knows. */
export const agentCommands: Pick<CommandHandlers, AgentCommandType> = Object.fromEntries(
  agentCommandTypes.map((type) => [type, carryOut]),
) as unknown as Pick<CommandHandlers, AgentCommandType>;

/** The agent knows what each of them means; who attached to it as an observer may only ask. */
function carryOut(command: AgentCommand, { host, issuer, cause, signal }: CommandContext): Promise<unknown> {
  if (commandContract(command.type).scope !== 'sessions:read') issuer.assertMayDrive(command.sessionId);
  return host.agent(command, cause, signal);
}
