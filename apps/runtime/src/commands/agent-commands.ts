import {
  type AgentCommand,
  type AgentCommandType,
  agentCommandTypes,
  type Command,
  commandContract,
  type ResponseDataOf,
} from '@sessiond/protocol';
import type { CommandContext, CommandHandlers } from './command-context.ts';

/** Commands that only an agent session knows. */
export const agentCommands: Pick<CommandHandlers, AgentCommandType> = {
  ...(Object.fromEntries(agentCommandTypes.map((type) => [type, carryOut])) as unknown as Pick<
    CommandHandlers,
    AgentCommandType
  >),
  abort: abortThe('prompt'),
  abort_compaction: abortThe('compact'),
};

/** Ends what the agent works on, or is about to: both are asked in one turn of the event loop, so that nothing slips through by beginning in between. */
function abortThe<T extends 'abort' | 'abort_compaction'>(begun: 'prompt' | 'compact') {
  return async (command: Command<T>, context: CommandContext): Promise<ResponseDataOf<T>> => {
    const { sessionId } = command;
    const answer = carryOut(command, context) as Promise<ResponseDataOf<T>>;
    const [data, wasBeginning] = await Promise.all([answer, context.cancelBeginning(begun, sessionId)]);
    return { ...data, aborted: data.aborted || wasBeginning };
  };
}

/** The agent knows what each of them means; who attached to it as an observer may only ask. */
function carryOut(command: AgentCommand, { host, issuer, cause, signal }: CommandContext): Promise<unknown> {
  if (commandContract(command.type).scope !== 'sessions:read') issuer.assertMayDrive(command.sessionId);
  return host.agent(command, cause, signal);
}
