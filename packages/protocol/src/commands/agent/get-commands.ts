import * as z from 'zod';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { list, object } from '../../fields.ts';

/** A command that can be used in a prompt. */
export interface AgentCommandInfo {
  readonly name: string;
  readonly description?: string;
  /** Where it comes from, in the agent's own words, for example `extension`, `prompt` or `skill`. */
  readonly source: string;
}

const agentCommandInfo = object<AgentCommandInfo>(
  { name: z.string(), source: z.string() },
  { description: z.string() },
);

/** Asks which commands of its own an agent has. */
export interface GetCommandsCommand extends SessionCommandEnvelope {
  readonly type: 'get_commands';
}

/** The commands. */
export interface GetCommandsData {
  readonly commands: readonly AgentCommandInfo[];
}

/** Contract of `get_commands`. */
export const getCommands: CommandContract<GetCommandsCommand, GetCommandsData> = contract({
  type: 'get_commands',
  summary: 'Lists the commands that can be used in a prompt, as `/name`.',
  appliesTo: 'agent',
  scope: 'sessions:read',
  example: { type: 'get_commands', id: 'c-68', sessionId: 'agent-1' },
  exampleData: { commands: [{ name: 'review', description: 'Reviews the last commit', source: 'prompt' }] },
  schema: () => sessionCommand<GetCommandsCommand>('get_commands'),
  dataSchema: () => object<GetCommandsData>({ commands: list(agentCommandInfo, 10_000) }),
});
