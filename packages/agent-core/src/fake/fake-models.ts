import type { AgentModel } from '@sessiond/protocol';
import { AgentInputError } from '../errors.ts';

/** The provider of the models of the fake agent. */
export const FAKE_PROVIDER = 'fake';

/** The models of the fake agent; the first is the one it begins with. */
export const FAKE_MODELS: readonly [AgentModel, ...AgentModel[]] = [
  { provider: FAKE_PROVIDER, id: 'small', name: 'Fake small', images: true, contextWindow: 32_000, maxTokens: 4096 },
  {
    provider: FAKE_PROVIDER,
    id: 'large',
    name: 'Fake large',
    reasoning: true,
    images: true,
    contextWindow: 128_000,
    maxTokens: 32_000,
  },
];

/** How much the fake agent can think; the first is the one it begins with. */
export const FAKE_THINKING_LEVELS: readonly [string, ...string[]] = ['off', 'low', 'high'];

/** The model with a name, `fake/small` or `small`. @throws AgentInputError that blames `field`. */
export function fakeModel(name: string, field: string): AgentModel {
  const found = FAKE_MODELS.find(({ provider, id }) => name === id || name === `${provider}/${id}`);
  if (found !== undefined) return found;
  throw new AgentInputError(field, 'Cannot use model: it is none of fake/small and fake/large');
}

/** The level, if it is one. @throws AgentInputError that blames `field`. */
export function fakeThinkingLevel(level: string, field: string): string {
  if (FAKE_THINKING_LEVELS.includes(level)) return level;
  throw new AgentInputError(field, `Cannot set thinking level: it is none of ${FAKE_THINKING_LEVELS.join(', ')}`);
}

/** The one after `current`; the first after the last. */
export function nextOf<T>(all: readonly [T, ...T[]], current: T): T {
  return all[(all.indexOf(current) + 1) % all.length] ?? all[0];
}
