import * as z from 'zod';
import { type CommandContract, contract, type SessionCommandEnvelope, sessionCommand } from '../../contract.ts';
import { object, offset, orNull } from '../../fields.ts';

/** Asks how full the context of a model is. */
export interface GetContextUsageCommand extends SessionCommandEnvelope {
  readonly type: 'get_context_usage';
}

/** How full it is; `null` where the agent does not know. */
export interface GetContextUsageData {
  readonly tokens: number | null;
  readonly contextWindow: number | null;
  readonly percent: number | null;
}

/** Contract of `get_context_usage`. */
export const getContextUsage: CommandContract<GetContextUsageCommand, GetContextUsageData> = contract({
  type: 'get_context_usage',
  summary: 'Tells how much of what the model can take in is used.',
  appliesTo: 'agent',
  scope: 'sessions:read',
  example: { type: 'get_context_usage', id: 'c-73', sessionId: 'agent-1' },
  exampleData: { tokens: 940, contextWindow: 32_000, percent: 2.9 },
  schema: () => sessionCommand<GetContextUsageCommand>('get_context_usage'),
  dataSchema: () =>
    object<GetContextUsageData>({ tokens: orNull(offset), contextWindow: orNull(offset), percent: orNull(z.number()) }),
});
