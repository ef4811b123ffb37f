import { type AgentModel, agentModel, agentWord } from '../../agent/agent-model.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { object, orNull, sessionId } from '../../fields.ts';

/** Goes to the next model. */
export interface CycleModelCommand extends SessionCommandEnvelope {
  readonly type: 'cycle_model';
}

/** The model it has now; `null` if there is no other. */
export interface CycleModelData {
  readonly sessionId: string;
  readonly model: AgentModel | null;
  readonly thinkingLevel?: string;
}

/** Contract of `cycle_model`. */
export const cycleModel: CommandContract<CycleModelCommand, CycleModelData> = contract({
  type: 'cycle_model',
  summary: 'Goes to the next of the models that are available.',
  appliesTo: 'agent',
  lane: 'data',
  mutates: true,
  journalled: true,
  scope: 'sessions:write',
  timeoutClass: 'spawn',
  journalKeeps: [],
  example: { type: 'cycle_model', id: 'c-78', sessionId: 'agent-1' },
  exampleData: { sessionId: 'agent-1', model: { provider: 'local', id: 'large' }, thinkingLevel: 'off' },
  schema: () => sessionCommand<CycleModelCommand>('cycle_model'),
  dataSchema: () => object<CycleModelData>({ sessionId, model: orNull(agentModel) }, { thinkingLevel: agentWord }),
});
