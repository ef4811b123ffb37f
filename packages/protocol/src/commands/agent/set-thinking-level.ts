import { agentWord } from '../../agent/agent-model.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { object, sessionId } from '../../fields.ts';

/** Chooses how much a model thinks. */
export interface SetThinkingLevelCommand extends SessionCommandEnvelope {
  readonly type: 'set_thinking_level';
  /** One of the agent's own; an error names them. */
  readonly level: string;
}

/** The level it has now, which may be lower where the model knows fewer. */
export interface SetThinkingLevelData {
  readonly sessionId: string;
  readonly level: string;
}

/** Contract of `set_thinking_level`. */
export const setThinkingLevel: CommandContract<SetThinkingLevelCommand, SetThinkingLevelData> = contract({
  type: 'set_thinking_level',
  summary:
    "Chooses how much the model thinks before it answers. The levels are the agent's own; an unknown one is refused with the list of them.",
  appliesTo: 'agent',
  lane: 'data',
  mutates: true,
  journalled: true,
  scope: 'sessions:write',
  timeoutClass: 'spawn',
  journalKeeps: ['level'],
  example: { type: 'set_thinking_level', id: 'c-79', sessionId: 'agent-1', level: 'high' },
  exampleData: { sessionId: 'agent-1', level: 'high' },
  schema: () => sessionCommand<SetThinkingLevelCommand>('set_thinking_level', { level: agentWord }),
  dataSchema: () => object<SetThinkingLevelData>({ sessionId, level: agentWord }),
});
