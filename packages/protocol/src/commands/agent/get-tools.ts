import * as z from 'zod';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { flag, list, object } from '../../fields.ts';

/** Something a model can ask an agent to do. */
export interface AgentTool {
  readonly name: string;
  readonly description?: string;
  /** Whether the model is told of it. */
  readonly active: boolean;
}

const agentTool = object<AgentTool>({ name: z.string(), active: flag }, { description: z.string() });

/** Asks which tools an agent has. */
export interface GetToolsCommand extends SessionCommandEnvelope {
  readonly type: 'get_tools';
}

/** The tools. */
export interface GetToolsData {
  readonly tools: readonly AgentTool[];
}

/** Contract of `get_tools`. */
export const getTools: CommandContract<GetToolsCommand, GetToolsData> = contract({
  type: 'get_tools',
  summary: 'Lists the tools of the agent, those that are switched off included.',
  appliesTo: 'agent',
  scope: 'sessions:read',
  example: { type: 'get_tools', id: 'c-70', sessionId: 'agent-1' },
  exampleData: { tools: [{ name: 'bash', description: 'Runs a command', active: true }] },
  schema: () => sessionCommand<GetToolsCommand>('get_tools'),
  dataSchema: () => object<GetToolsData>({ tools: list(agentTool, 10_000) }),
});
