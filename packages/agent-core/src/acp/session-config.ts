import type { AgentModel } from '@sessiond/protocol';
import { isRecord, readList, readText } from './json.ts';

/** Longest name of a setting or of one of its values. */
const MAX_NAME = 256;

/** Most values of one setting. */
const MAX_VALUES = 10_000;

/** One value a setting can have. */
export interface ConfigValue {
  readonly value: string;
  readonly name: string;
}

/** A setting of a session that is chosen from a list. */
export interface ConfigOption {
  readonly id: string;
  readonly category: string;
  readonly current: string;
  readonly values: readonly ConfigValue[];
}

/** A choice an agent offers, and the request that makes it. */
export interface Choice {
  readonly current: string;
  readonly values: readonly ConfigValue[];
  /** The method and the parameters besides the session that choose `value`. */
  readonly request: (value: string) => { readonly method: string; readonly params: Readonly<Record<string, unknown>> };
}

/** What can be chosen in a session. */
export interface SessionConfig {
  /** Settings as the agent tells them now. */
  readonly options: readonly ConfigOption[];
  /** Models as agents told them before there were settings; settings win. */
  readonly models?: { readonly current: string; readonly values: readonly ConfigValue[] };
  readonly modes: readonly ConfigValue[];
  readonly mode?: string;
}

/** Nothing to choose. */
export const NO_CONFIG: SessionConfig = Object.freeze({ options: [], modes: [] });

/** Reads what an answer to `session/new`, `session/load` or `session/resume` offers; what is malformed is left out. */
export function readSessionConfig(answer: unknown): SessionConfig {
  if (!isRecord(answer)) return NO_CONFIG;
  const { models, modes } = answer;
  const mode = isRecord(modes) ? readText(modes['currentModeId'], MAX_NAME) : undefined;
  const model = isRecord(models) ? readText(models['currentModelId'], MAX_NAME) : undefined;
  return {
    options: readConfigOptions(answer['configOptions']),
    modes: isRecord(modes) ? readList(modes['availableModes'], MAX_VALUES, (item) => readValue(item, 'id')) : [],
    ...(mode !== undefined && { mode }),
    ...(isRecord(models) &&
      model !== undefined && {
        models: {
          current: model,
          values: readList(models['availableModels'], MAX_VALUES, (item) => readValue(item, 'modelId')),
        },
      }),
  };
}

/** Reads settings that are chosen from a list, in groups or not; others are left out. */
export function readConfigOptions(options: unknown): ConfigOption[] {
  return readList(options, 1_000, (option) => {
    if (!isRecord(option) || option['type'] !== 'select') return undefined;
    const id = readText(option['id'], MAX_NAME);
    const current = readText(option['currentValue'], MAX_NAME);
    if (id === undefined || current === undefined || !Array.isArray(option['options'])) return undefined;
    const flat = option['options'].flatMap((item) =>
      isRecord(item) && Array.isArray(item['options']) ? item['options'] : [item],
    );
    return {
      id,
      current,
      category: readText(option['category'], MAX_NAME) ?? id,
      values: readList(flat, MAX_VALUES, (item) => readValue(item, 'value')),
    };
  });
}

/** The choice of the model, if the agent offers one. */
export function modelChoice(config: SessionConfig): Choice | undefined {
  const option = optionChoice(config, 'model');
  if (option !== undefined || config.models === undefined) return option;
  const request = (modelId: string) => ({ method: 'session/set_model', params: { modelId } });
  return { ...config.models, request };
}

/** The choice of how much the model thinks, if the agent offers one. */
export function thinkingChoice(config: SessionConfig): Choice | undefined {
  return optionChoice(config, 'thought_level');
}

/** The name of the mode the session is in, if it has modes. */
export function modeName(config: SessionConfig): string | undefined {
  const { modes, mode } = config;
  return modes.find(({ value }) => value === mode)?.name ?? mode;
}

/** A model as the agent names it: `provider/id`, or an id alone, whose provider is the agent then. */
export function modelOf({ value, name }: ConfigValue, agentName: string): AgentModel {
  const slash = value.indexOf('/');
  const named = slash > 0 && slash < value.length - 1;
  return {
    provider: named ? value.slice(0, slash) : agentName,
    id: named ? value.slice(slash + 1) : value,
    ...(name !== value && { name }),
  };
}

/** The value of a choice that a person names as `provider/id`, or by an id that only one provider has; `undefined` if there is none. */
export function findModel(choice: Choice, wanted: string, agentName: string): ConfigValue | undefined {
  const exact = choice.values.find((value) => {
    const { provider, id } = modelOf(value, agentName);
    return value.value === wanted || `${provider}/${id}` === wanted;
  });
  if (exact !== undefined) return exact;
  const byId = choice.values.filter((value) => modelOf(value, agentName).id === wanted);
  return byId.length === 1 ? byId[0] : undefined;
}

function optionChoice(config: SessionConfig, category: string): Choice | undefined {
  const option = config.options.find((each) => each.category === category);
  if (option === undefined) return undefined;
  const request = (value: string) => ({
    method: 'session/set_config_option',
    params: { configId: option.id, value },
  });
  return { current: option.current, values: option.values, request };
}

function readValue(item: unknown, key: string): ConfigValue | undefined {
  if (!isRecord(item)) return undefined;
  const value = readText(item[key], MAX_NAME);
  return value === undefined ? undefined : { value, name: readText(item['name'], MAX_NAME) ?? value };
}
