import type { AgentEvent, AgentModel } from '@sessiond/protocol';
import { AgentInputError } from '../errors.ts';
import type { AcpLink } from './acp-link.ts';
import { type AnsweredBy, agentErrorCode, agentFailure } from './agent-failure.ts';
import { isRecord } from './json.ts';
import {
  type Choice,
  type ConfigOption,
  type ConfigValue,
  findModel,
  modelChoice,
  modelOf,
  modeName,
  NO_CONFIG,
  readConfigOptions,
  readSessionConfig,
  type SessionConfig,
  thinkingChoice,
} from './session-config.ts';

/** A value of a choice. */
export interface Chosen {
  readonly choice: Choice;
  readonly value: string;
}

/** Who is told of changes. */
export interface SessionChoicesOptions {
  readonly emit: (event: AgentEvent) => void;
  /** Told when the choices have changed, also where no event tells. */
  readonly onChanged: () => void;
}

/** What an agent offers to choose in a conversation, what is chosen, and who tells it. */
export class SessionChoices {
  readonly #options: SessionChoicesOptions;
  #config: SessionConfig = NO_CONFIG;
  #agentName = 'agent';

  constructor(options: SessionChoicesOptions) {
    this.#options = options;
  }

  /** The choice of the model, if the agent offers one. */
  get models(): Choice | undefined {
    return modelChoice(this.#config);
  }

  /** The choice of how much it thinks, if the agent offers one. */
  get thinking(): Choice | undefined {
    return thinkingChoice(this.#config);
  }

  /** The model that answers, where the agent tells. */
  get model(): AgentModel | undefined {
    const { models } = this;
    if (models === undefined) return undefined;
    const { current } = models;
    return this.modelOf(models.values.find(({ value }) => value === current) ?? { value: current, name: current });
  }

  /** Who is to blame when a prompt fails because of a provider. */
  get answeredBy(): AnsweredBy {
    const { model } = this;
    return model === undefined ? { provider: this.#agentName } : { provider: model.provider, model: model.id };
  }

  /** A value of {@link SessionChoices.models} as a model. */
  modelOf(value: ConfigValue): AgentModel {
    return modelOf(value, this.#agentName);
  }

  /** The value that a person means by `provider/id` or an id. @throws AgentInputError when the agent offers no such model. */
  findModel(wanted: string, field: string): Chosen {
    const choice = this.models;
    const found = choice === undefined ? undefined : findModel(choice, wanted, this.#agentName);
    if (choice !== undefined && found !== undefined) return { choice, value: found.value };
    throw new AgentInputError(
      field,
      choice === undefined
        ? 'Cannot choose model: this agent offers no choice of models'
        : `Cannot choose model: it is not one of the ${choice.values.length} that get_available_models lists`,
    );
  }

  /** The level a person means. @throws AgentInputError naming those there are. */
  findThinkingLevel(wanted: string, field: string): Chosen {
    const choice = this.thinking;
    if (choice?.values.some(({ value }) => value === wanted)) return { choice, value: wanted };
    const levels = choice?.values.map(({ value }) => value).join(', ');
    throw new AgentInputError(
      field,
      levels === undefined
        ? 'Cannot choose thinking level: this agent offers none'
        : `Cannot choose thinking level: the levels are ${levels}`,
    );
  }

  /**
   * Makes a choice in a conversation.
   * @throws AgentInputError when the agent refuses the value, AgentFailedError, the signal's reason.
   */
  async choose(
    link: AcpLink,
    sessionId: string | undefined,
    { choice, value }: Chosen,
    field: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { method, params } = choice.request(value);
    try {
      const answer = await link.request(method, { sessionId, ...params }, signal);
      const told = isRecord(answer) ? readConfigOptions(answer['configOptions']) : [];
      this.#take(told.length > 0 ? { ...this.#config, options: told } : afterChoice(this.#config, choice, value));
    } catch (error) {
      if (agentErrorCode(error) === undefined) throw error;
      const { message } = agentFailure(`choose ${field}`, error, this.answeredBy);
      throw new AgentInputError(field, message, { cause: error });
    }
  }

  /** Takes what an agent offers when it opens a conversation. */
  opened(answer: unknown, agentName: string): void {
    this.#agentName = agentName;
    const config = readSessionConfig(answer);
    // An agent may have told its settings before it answered.
    const options = config.options.length > 0 ? config.options : this.#config.options;
    this.#take({ ...config, options });
  }

  /** The agent is in another mode. */
  modeChanged(mode: string): void {
    this.#take({ ...this.#config, mode });
  }

  /** The agent tells its settings anew. */
  optionsChanged(options: readonly ConfigOption[]): void {
    this.#take({ ...this.#config, options });
  }

  #take(config: SessionConfig): void {
    const { emit, onChanged } = this.#options;
    const before = { model: this.model, level: this.thinking?.current, mode: modeName(this.#config) };
    this.#config = config;
    const { model, thinking } = this;
    const mode = modeName(config);
    if (model && before.model && (model.id !== before.model.id || model.provider !== before.model.provider)) {
      emit({ type: 'model_changed', provider: model.provider, modelId: model.id });
    }
    if (thinking !== undefined && before.level !== undefined && thinking.current !== before.level) {
      emit({ type: 'thinking_level_changed', level: thinking.current });
    }
    if (mode !== undefined && mode !== before.mode) emit({ type: 'extension_status', key: 'mode', text: mode });
    onChanged();
  }
}

/** What there is to choose after a choice, for an agent that does not tell. */
function afterChoice(config: SessionConfig, choice: Choice, value: string): SessionConfig {
  const { params } = choice.request(value);
  const options = config.options.map((option) => {
    return option.id === params['configId'] ? { ...option, current: value } : option;
  });
  const { models } = config;
  if (models === undefined || !('modelId' in params)) return { ...config, options };
  return { ...config, options, models: { ...models, current: value } };
}
