import type { AgentEvent, AgentModel } from '@sessiond/protocol';
import { AgentFailedError, AgentInputError, AgentUnavailableError } from '../errors.ts';
import type { AcpLink } from './acp-link.ts';
import { agentErrorCode, agentFailure } from './agent-failure.ts';
import { Conversation } from './conversation.ts';
import { isRecord, readText } from './json.ts';
import {
  type Choice,
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
import { type AgentCommandInfo, readSessionUpdate, type SessionUpdate } from './session-update.ts';
import { Transcript } from './transcript.ts';

/** The agent answers with this code when it wants to be authenticated with first. */
const AUTH_REQUIRED = -32_000;

/** Longest id of a conversation. */
const MAX_ID = 1_024;

/** What an {@link AcpSession} is made of. */
export interface AcpSessionParts {
  readonly cwd: string;
  readonly maxTranscriptBytes: number;
  /** Takes what happens. */
  readonly emit: (event: AgentEvent) => void;
  /** Told when something has changed that no event tells. */
  readonly onChanged: () => void;
  /** Told of each piece of an answer of the model. */
  readonly onAnswer: () => void;
  readonly terminalText: (terminalId: string) => string;
  /** The time of day, RFC 3339. */
  readonly timestamp: () => string;
}

/** How full the context of the model is. */
export interface ContextUsage {
  readonly used: number;
  readonly size: number;
}

/**
 * One conversation with an agent: what the agent has told of it, which outlives the agent's process.
 *
 * Memory: the transcript of `maxTranscriptBytes`, the lists an agent offers (see `readSessionUpdate` for their bounds), and what `Conversation` says.
 */
export class AcpSession {
  readonly #parts: AcpSessionParts;
  #transcript: Transcript;
  #conversation: Conversation;
  #id: string | undefined;
  #agentName = 'agent';
  #config: SessionConfig = NO_CONFIG;
  #commands: readonly AgentCommandInfo[] = [];
  #title: string | undefined;
  #usage: ContextUsage | undefined;
  #cost: number | undefined;
  #compacting = false;
  /** The answer that names the conversation may still be on its way when the first news of it is there. */
  #opening = false;
  /** The conversation is told again: what was said is not news. */
  #replaying = false;

  constructor(parts: AcpSessionParts) {
    this.#parts = parts;
    this.#transcript = new Transcript(parts.maxTranscriptBytes);
    this.#conversation = this.#newConversation(this.#transcript);
  }

  get cwd(): string {
    return this.#parts.cwd;
  }

  /** What the agent calls it; `undefined` before it was opened. */
  get id(): string | undefined {
    return this.#id;
  }

  get transcript(): Transcript {
    return this.#transcript;
  }

  get conversation(): Conversation {
    return this.#conversation;
  }

  get commands(): readonly AgentCommandInfo[] {
    return this.#commands;
  }

  get title(): string | undefined {
    return this.#title;
  }

  get usage(): ContextUsage | undefined {
    return this.#usage;
  }

  /** In dollars, where the agent tells. */
  get cost(): number | undefined {
    return this.#cost;
  }

  get isCompacting(): boolean {
    return this.#compacting;
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

  /** A value of {@link AcpSession.models} as a model. */
  modelOf(value: { value: string; name: string }): AgentModel {
    return modelOf(value, this.#agentName);
  }

  /** Who is to blame when a prompt fails because of a provider. */
  get answeredBy(): { provider: string; model?: string } {
    const { model } = this;
    return model === undefined ? { provider: this.#agentName } : { provider: model.provider, model: model.id };
  }

  /**
   * Begins a new conversation and forgets the old one.
   * @throws AgentUnavailableError naming the ways to authenticate when the agent wants that, AgentFailedError, the signal's reason.
   */
  async create(link: AcpLink, signal: AbortSignal): Promise<void> {
    const { id, answer } = await this.#new(link, signal);
    this.#forget();
    this.#opened(id, answer, link);
  }

  /**
   * Goes on with a conversation; all that was said is in the transcript afterwards where the agent tells it again.
   * @throws AgentInputError when the agent cannot, or does not know it, and as {@link AcpSession.create}.
   */
  async load(link: AcpLink, id: string, signal: AbortSignal): Promise<void> {
    const { load, resume } = link.abilities;
    if (!load && !resume) {
      throw new AgentInputError('agentSessionId', 'Cannot go on with conversation: this agent cannot load any');
    }
    try {
      await (load ? this.#replay(link, id, signal) : this.#resume(link, id, signal));
    } catch (error) {
      if (agentErrorCode(error instanceof Error ? error.cause : undefined) === undefined) throw error;
      throw new AgentInputError('agentSessionId', (error as Error).message, { cause: error });
    }
  }

  /**
   * Goes on in a new process, where the agent can, else with a new conversation; what was said stays in the transcript.
   * @returns whether the agent knows what was said before. @throws as {@link AcpSession.create}.
   */
  async reopen(link: AcpLink, signal: AbortSignal): Promise<boolean> {
    const id = this.#id;
    const { load, resume } = link.abilities;
    if (id !== undefined && (load || resume)) {
      try {
        await (resume ? this.#resume(link, id, signal) : this.#replay(link, id, signal));
        return true;
      } catch (error) {
        // It may have died before it kept anything.
        if (agentErrorCode(error instanceof Error ? error.cause : undefined) === undefined) throw error;
      }
    }
    const fresh = await this.#new(link, signal);
    this.#opened(fresh.id, fresh.answer, link);
    return false;
  }

  /**
   * Makes a choice that the agent offers.
   * @throws AgentInputError when the agent refuses the value, AgentFailedError, the signal's reason.
   */
  async choose(link: AcpLink, choice: Choice, value: string, field: string, signal: AbortSignal): Promise<void> {
    const { method, params } = choice.request(value);
    try {
      const answer = await link.request(method, { sessionId: this.#id, ...params }, signal);
      const told = isRecord(answer) ? readConfigOptions(answer['configOptions']) : [];
      this.#configure(told.length > 0 ? { ...this.#config, options: told } : chosen(this.#config, choice, value));
    } catch (error) {
      if (agentErrorCode(error) === undefined) throw error;
      throw new AgentInputError(field, agentFailure(`choose ${field}`, error, this.answeredBy).message, {
        cause: error,
      });
    }
  }

  /** The value that a person means by `provider/id` or an id. @throws AgentInputError when the agent offers no such model. */
  findModel(wanted: string, field: string): { choice: Choice; value: string } {
    const choice = this.models;
    const found = choice === undefined ? undefined : findModel(choice, wanted, this.#agentName);
    if (choice !== undefined && found !== undefined) return { choice, value: found.value };
    throw new AgentInputError(
      field,
      choice === undefined
        ? 'Cannot choose model: this agent offers no choice of models'
        : `Cannot choose model: the agent does not offer it; get_available_models lists ${choice.values.length}`,
    );
  }

  /** The level a person means. @throws AgentInputError naming those there are. */
  findThinkingLevel(wanted: string, field: string): { choice: Choice; value: string } {
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

  /** Takes the parameters of a `session/update`; those of another conversation and those not understood are without effect. */
  update(params: unknown): void {
    if (!isRecord(params) || (params['sessionId'] !== this.#id && !this.#opening)) return;
    const update = readSessionUpdate(params['update']);
    if (update !== undefined) this.#take(update);
  }

  #take(update: SessionUpdate): void {
    switch (update.kind) {
      case 'text':
      case 'thought':
      case 'tool':
        if (!this.#replaying) this.#parts.onAnswer();
        this.#conversation.take(update);
        break;
      case 'user':
        this.#conversation.take(update);
        break;
      case 'plan':
        this.#emit({ type: 'plan_update', entries: update.entries });
        break;
      case 'commands':
        this.#commands = update.commands;
        this.#emit({ type: 'commands_changed' });
        break;
      case 'mode':
        this.#configure({ ...this.#config, mode: update.modeId });
        break;
      case 'config':
        this.#configure({ ...this.#config, options: update.options });
        break;
      case 'title':
        this.#title = update.title;
        this.#parts.onChanged();
        break;
      case 'usage':
        this.#usage = { used: update.used, size: update.size };
        this.#cost = update.cost ?? this.#cost;
        break;
      case 'notice':
        this.#emit({ type: 'extension_notify', message: update.message, level: update.level });
        break;
      case 'compaction':
        this.#compaction(update);
    }
  }

  #compaction({ state, error }: Extract<SessionUpdate, { kind: 'compaction' }>): void {
    if ((state === 'begun') === this.#compacting) return;
    this.#compacting = state === 'begun';
    if (state === 'begun') this.#emit({ type: 'compaction_start', reason: 'threshold' });
    else {
      const errorMessage = state === 'failed' && error !== undefined ? { errorMessage: error } : {};
      this.#emit({ type: 'compaction_end', aborted: state === 'failed' && error === undefined, ...errorMessage });
    }
  }

  /** Takes what there is to choose now, and tells what has changed. */
  #configure(config: SessionConfig): void {
    const before = { model: this.model, level: this.thinking?.current, mode: modeName(this.#config) };
    this.#config = config;
    const { model, thinking } = this;
    const mode = modeName(config);
    if (model && before.model && (model.id !== before.model.id || model.provider !== before.model.provider)) {
      this.#emit({ type: 'model_changed', provider: model.provider, modelId: model.id });
    }
    if (thinking !== undefined && before.level !== undefined && thinking.current !== before.level) {
      this.#emit({ type: 'thinking_level_changed', level: thinking.current });
    }
    if (mode !== undefined && mode !== before.mode) this.#emit({ type: 'extension_status', key: 'mode', text: mode });
    this.#parts.onChanged();
  }

  async #new(link: AcpLink, signal: AbortSignal): Promise<{ id: string; answer: unknown }> {
    const answer = await this.#ask(link, 'session/new', {}, signal);
    const id = isRecord(answer) ? readText(answer['sessionId'], MAX_ID) : undefined;
    if (id === undefined) throw new AgentFailedError('Cannot open conversation: the agent gave it no id');
    return { id, answer };
  }

  async #resume(link: AcpLink, sessionId: string, signal: AbortSignal): Promise<void> {
    this.#opened(sessionId, await this.#ask(link, 'session/resume', { sessionId }, signal), link);
  }

  /** Loads a conversation, which the agent tells again; the transcript is the new one only when that has worked. */
  async #replay(link: AcpLink, sessionId: string, signal: AbortSignal): Promise<void> {
    const before = this.#conversation;
    const transcript = new Transcript(this.#parts.maxTranscriptBytes);
    const told = this.#newConversation(transcript);
    this.#conversation = told;
    this.#replaying = true;
    try {
      const answer = await this.#ask(link, 'session/load', { sessionId }, signal);
      told.flush();
      this.#transcript = transcript;
      this.#opened(sessionId, answer, link);
    } catch (error) {
      this.#conversation = before;
      throw error;
    } finally {
      this.#replaying = false;
    }
  }

  #opened(id: string, answer: unknown, link: AcpLink): void {
    this.#id = id;
    this.#agentName = link.abilities.name;
    // An agent may have told what can be chosen before it answered.
    const config = readSessionConfig(answer);
    const { options } = config.options.length > 0 ? config : this.#config;
    this.#configure({ ...config, options });
  }

  #forget(): void {
    this.#transcript = new Transcript(this.#parts.maxTranscriptBytes);
    this.#conversation = this.#newConversation(this.#transcript);
    this.#title = undefined;
    this.#usage = undefined;
    this.#cost = undefined;
  }

  /** Opens a conversation in one of the three ways. */
  async #ask(
    link: AcpLink,
    method: string,
    params: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<unknown> {
    this.#opening = true;
    try {
      return await link.request(method, { ...params, cwd: this.#parts.cwd, mcpServers: [] }, signal);
    } catch (error) {
      const code = agentErrorCode(error);
      if (code === undefined) throw error;
      if (code !== AUTH_REQUIRED) throw agentFailure('open conversation', error, { provider: link.abilities.name });
      const { logins, name } = link.abilities;
      const ways = logins.length === 0 ? 'in its own way' : `by one of its ways: ${logins.join(', ')}`;
      throw new AgentUnavailableError(`Cannot use agent ${name}: log in with the agent itself first, ${ways}`, {
        cause: error,
      });
    } finally {
      this.#opening = false;
    }
  }

  #newConversation(transcript: Transcript): Conversation {
    const { terminalText, timestamp } = this.#parts;
    return new Conversation({
      transcript,
      terminalText,
      timestamp,
      emit: (event) => this.#emit(event),
      model: () => this.model,
    });
  }

  #emit(event: AgentEvent): void {
    if (!this.#replaying) this.#parts.emit(event);
  }
}

/** What there is to choose after a choice, for an agent that does not tell. */
function chosen(config: SessionConfig, choice: Choice, value: string): SessionConfig {
  const { params } = choice.request(value);
  const options = config.options.map((option) =>
    option.id === params['configId'] ? { ...option, current: value } : option,
  );
  const models =
    config.models === undefined ? {} : { models: { ...config.models, ...('modelId' in params && { current: value }) } };
  return { ...config, options, ...models };
}
