import { type AgentModel, agentModels } from '../../agent/agent-model.ts';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { object } from '../../fields.ts';

/** Asks which models an agent can use. */
export interface GetAvailableModelsCommand extends SessionCommandEnvelope {
  readonly type: 'get_available_models';
}

/** The models. */
export interface GetAvailableModelsData {
  readonly models: readonly AgentModel[];
}

/** Contract of `get_available_models`. */
export const getAvailableModels: CommandContract<GetAvailableModelsCommand, GetAvailableModelsData> = contract({
  type: 'get_available_models',
  summary: 'Lists the models the agent can use now: those whose provider has credentials.',
  appliesTo: 'agent',
  scope: 'sessions:read',
  example: { type: 'get_available_models', id: 'c-67', sessionId: 'agent-1' },
  exampleData: { models: [{ provider: 'local', id: 'small' }] },
  schema: () => sessionCommand<GetAvailableModelsCommand>('get_available_models'),
  dataSchema: () => object<GetAvailableModelsData>({ models: agentModels }),
});
