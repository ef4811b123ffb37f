import { type AgentModel, agentModel, agentWord } from '../../agent/agent-model.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { object, sessionId } from '../../fields.ts';

/** Chooses the model of an agent session. */
export interface SetModelCommand extends SessionCommandEnvelope {
  readonly type: 'set_model';
  readonly provider: string;
  readonly modelId: string;
}

/** The model it has now. */
export interface SetModelData {
  readonly sessionId: string;
  readonly model: AgentModel;
}

/** Contract of `set_model`. */
export const setModel: CommandContract<SetModelCommand, SetModelData> = contract({
  type: 'set_model',
  summary:
    'Chooses the model of the session, and of nothing else. One the agent does not know or has no credentials for is refused.',
  appliesTo: 'agent',
  lane: 'data',
  mutates: true,
  journalled: true,
  scope: 'sessions:write',
  timeoutClass: 'spawn',
  journalKeeps: ['provider', 'modelId'],
  example: { type: 'set_model', id: 'c-77', sessionId: 'agent-1', provider: 'local', modelId: 'small' },
  exampleData: { sessionId: 'agent-1', model: { provider: 'local', id: 'small' } },
  schema: () => sessionCommand<SetModelCommand>('set_model', { provider: agentWord, modelId: agentWord }),
  dataSchema: () => object<SetModelData>({ sessionId, model: agentModel }),
});
