import { AgentInputError } from '../../errors.ts';
import type { PiModel, PiServices } from './pi-api.ts';

/** The models whose provider has credentials; the place to ask differs between the generations. */
export async function modelsOf(
  source: Pick<PiServices, 'modelRegistry' | 'modelRuntime'>,
): Promise<readonly PiModel[]> {
  return (await (source.modelRuntime ?? source.modelRegistry)?.getAvailable()) ?? [];
}

/** The model of that name: `provider/id`, or an id that only one provider has. @throws AgentInputError when there is none, or more than one. */
export function findModel(models: readonly PiModel[], name: string): PiModel {
  const exact = models.find((model) => `${model.provider}/${model.id}` === name);
  if (exact !== undefined) return exact;
  const named = models.filter(({ id }) => id === name);
  if (named.length === 1 && named[0] !== undefined) return named[0];
  const providers = named.map(({ provider }) => provider).join(', ');
  throw new AgentInputError(
    'model',
    named.length === 0
      ? `Cannot choose model: it is none of the ${models.length} that have credentials`
      : `Cannot choose model: several providers have it (${providers}); name it as provider/id`,
  );
}
