import * as z from 'zod';
import { flag, list, object, offset, text } from '../fields.ts';

/** A model an agent can use. */
export interface AgentModel {
  readonly provider: string;
  /** Unique with the provider. */
  readonly id: string;
  /** For people. */
  readonly name?: string;
  /** Whether it can think before it answers. */
  readonly reasoning?: boolean;
  /** Whether it takes pictures. */
  readonly images?: boolean;
  /** Tokens it can take in. */
  readonly contextWindow?: number;
  /** Tokens it can answer with. */
  readonly maxTokens?: number;
}

/** A word of an agent's own vocabulary, such as the name of a model or of a thinking level. */
export const agentWord: z.ZodType<string> = text({
  max: 256,
  pattern: /^[^\p{Cc}]+$/u,
  error: 'must be 1 to 256 characters without control characters',
});

/** Schema of {@link AgentModel}. */
export const agentModel: z.ZodType<AgentModel> = object<AgentModel>(
  { provider: agentWord, id: agentWord },
  { name: z.string(), reasoning: flag, images: flag, contextWindow: offset, maxTokens: offset },
);

/** Schema of a list of models. */
export const agentModels: z.ZodType<readonly AgentModel[]> = list(agentModel, 100_000);
