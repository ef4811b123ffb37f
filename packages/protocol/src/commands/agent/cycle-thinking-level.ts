import { agentWord } from '../../agent/agent-model.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { object, orNull, sessionId } from '../../fields.ts';

/** Goes to the next level of thinking. */
export interface CycleThinkingLevelCommand extends SessionCommandEnvelope {
  readonly type: 'cycle_thinking_level';
}

/** The level it has now; `null` if the model does not think. */
export interface CycleThinkingLevelData {
  readonly sessionId: string;
  readonly level: string | null;
}

/** Contract of `cycle_thinking_level`. */
export const cycleThinkingLevel: CommandContract<CycleThinkingLevelCommand, CycleThinkingLevelData> = contract({
  type: 'cycle_thinking_level',
  summary: 'Goes to the next level of thinking the model knows.',
  appliesTo: 'agent',
  lane: 'data',
  mutates: true,
  journalled: true,
  scope: 'sessions:write',
  timeoutClass: 'spawn',
  journalKeeps: [],
  example: { type: 'cycle_thinking_level', id: 'c-80', sessionId: 'agent-1' },
  exampleData: { sessionId: 'agent-1', level: 'low' },
  schema: () => sessionCommand<CycleThinkingLevelCommand>('cycle_thinking_level'),
  dataSchema: () => object<CycleThinkingLevelData>({ sessionId, level: orNull(agentWord) }),
});
