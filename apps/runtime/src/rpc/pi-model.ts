import type { AgentModel } from '@sessiond/protocol/client';

/** A model as clients of `pi --mode rpc` know it. */
export interface PiModel {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly reasoning: boolean;
  readonly input: readonly ('text' | 'image')[];
  readonly cost: { readonly input: 0; readonly output: 0; readonly cacheRead: 0; readonly cacheWrite: 0 };
  /** 0 where the daemon does not know it, as `maxTokens`. */
  readonly contextWindow: number;
  readonly maxTokens: number;
}

/** A model in the words of the dialect; its address and interface are the daemon's own affair, its price is unknown and told as nothing. */
export function piModel(model: AgentModel): PiModel {
  return {
    id: model.id,
    name: model.name ?? model.id,
    provider: model.provider,
    reasoning: model.reasoning ?? false,
    input: model.images === true ? ['text', 'image'] : ['text'],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    contextWindow: model.contextWindow ?? 0,
    maxTokens: model.maxTokens ?? 0,
  };
}
