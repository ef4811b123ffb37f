import type * as z from 'zod';
import { object } from '../fields.ts';
import { processArgs, processText } from '../process-fields.ts';
import { agentWord } from './agent-model.ts';

/** Which agent a session runs and how. */
export interface AgentOptions {
  /** The kind of agent: `pi`, `acp`, `fake`, or a name the server's operator gave one. */
  readonly backend: string;
  /** `provider/id`, or an id that only one provider has; default the agent's own. */
  readonly model?: string;
  /** In the agent's own words; default the agent's own. */
  readonly thinkingLevel?: string;
  /** The program of an `acp` agent, found in `PATH` unless it holds a slash. */
  readonly command?: string;
  readonly args?: readonly string[];
}

/** Schema of {@link AgentOptions}. */
export const agentOptions: z.ZodType<AgentOptions> = object<AgentOptions>(
  { backend: agentWord },
  { model: agentWord, thinkingLevel: agentWord, command: processText, args: processArgs },
);
