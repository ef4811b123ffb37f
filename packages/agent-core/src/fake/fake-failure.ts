import type { AgentModel } from '@sessiond/protocol';
import { AgentFailedError } from '../errors.ts';
import type { FakeStep } from './fake-script.ts';

/** The failure of the provider that a step asks for. */
export function failureOf({ status, retryAfterMs }: FakeStep & { kind: 'fail' }, model: AgentModel): AgentFailedError {
  const what = status === 0 ? 'could not be reached' : `answered with status ${status}`;
  return new AgentFailedError(`Cannot get an answer: provider ${model.provider} ${what}`, {
    provider: {
      provider: model.provider,
      model: model.id,
      kind: status === 0 ? 'network' : 'http',
      ...(status !== 0 && { status }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    },
  });
}
