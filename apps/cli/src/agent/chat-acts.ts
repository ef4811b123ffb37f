import type { Client } from '@sessiond/client';
import type { AgentModel } from '@sessiond/protocol';
import { countText, durationText } from '../quantity-text.ts';
import type { ChatState } from './chat-state.ts';
import type { SlashCommand } from './slash-command.ts';
import { oneLine } from './tool-line.ts';

/** The commands of a chat that the daemon answers. */
type AskingCommand = Extract<SlashCommand, { readonly name: 'model' | 'models' | 'thinking' | 'compact' | 'stats' }>;

/** What the slash commands of a chat ask the daemon; each resolves with what to say, if there is something that no event tells. */
export class ChatActs {
  readonly #client: Client;
  readonly #sessionId: string;
  readonly #state: () => ChatState;

  constructor(client: Client, sessionId: string, state: () => ChatState) {
    this.#client = client;
    this.#sessionId = sessionId;
    this.#state = state;
  }

  /** Does what a command asks the daemon for. */
  perform(command: AskingCommand): Promise<string | undefined> {
    switch (command.name) {
      case 'model':
        return this.#model(command.model);
      case 'models':
        return this.#models();
      case 'thinking':
        return this.#thinking(command.level);
      case 'compact':
        return this.#compact(command.instructions);
      case 'stats':
        return this.#stats();
    }
  }

  async #model(wanted: string | undefined): Promise<string | undefined> {
    const { model } = this.#state();
    if (wanted === undefined) return `model: ${model ?? 'not known'}`;
    const chosen = findModel(await this.#available(), wanted);
    if (typeof chosen === 'string') return chosen;
    const { provider, id } = chosen;
    const sessionId = this.#sessionId;
    const answer = await this.#client.request('set_model', { sessionId, provider, modelId: id });
    // An agent that tells of the change has it shown already.
    return this.#state().model === model ? `model: ${answer.model.provider}/${answer.model.id}` : undefined;
  }

  async #models(): Promise<string> {
    const { model } = this.#state();
    const names = (await this.#available()).map(({ provider, id }) => `${provider}/${id}`);
    return names.map((name) => oneLine(`${name === model ? '*' : '-'} ${name}`)).join('\n') || 'there are no models';
  }

  async #thinking(level: string | undefined): Promise<string | undefined> {
    const { thinking } = this.#state();
    if (level === undefined) return `thinking: ${thinking ?? 'not known'}`;
    const answer = await this.#client.request('set_thinking_level', { sessionId: this.#sessionId, level });
    return this.#state().thinking === thinking ? `thinking: ${answer.level}` : undefined;
  }

  async #compact(instructions: string | undefined): Promise<undefined> {
    const custom = instructions === undefined ? {} : { customInstructions: instructions };
    await this.#client.request('compact', { sessionId: this.#sessionId, ...custom });
  }

  async #stats(): Promise<string> {
    const sessionId = this.#sessionId;
    const stats = await this.#client.request('get_session_stats', { sessionId });
    const { tokens, cost } = stats;
    const usage = await this.#client.request('get_context_usage', { sessionId }).catch(() => undefined);
    const lines = [
      `${countText(stats.totalMessages, 'message')}, ${countText(stats.toolCalls, 'tool call')}`,
      `tokens: ${grouped(tokens.input)} in, ${grouped(tokens.output)} out, ${grouped(tokens.cacheRead)} read from a cache`,
    ];
    if (cost !== undefined) lines.push(`cost: $${cost.toFixed(4)}`);
    if (usage?.tokens != null && usage.contextWindow != null) {
      lines.push(
        `context: ${grouped(usage.tokens)} of ${grouped(usage.contextWindow)} tokens (${(usage.percent ?? 0).toFixed(1)} %)`,
      );
    }
    return lines.join('\n');
  }

  /** Ends what it works on. */
  async abort(): Promise<string | undefined> {
    const beganMs = performance.now();
    const { aborted } = await this.#client.request('abort', { sessionId: this.#sessionId });
    if (!aborted) return 'there is nothing to abort';
    const tookMs = performance.now() - beganMs;
    return tookMs < SLOW_ABORT_MS ? undefined : `it took ${durationText(tookMs)} to abort`;
  }

  async #available(): Promise<readonly AgentModel[]> {
    return (await this.#client.request('get_available_models', { sessionId: this.#sessionId })).models;
  }
}

const SLOW_ABORT_MS = 2_000;

/** The model that is meant by `provider/id`, by an id, or by a part of one that only one has; else why there is none. */
export function findModel(models: readonly AgentModel[], wanted: string): AgentModel | string {
  const name = ({ provider, id }: AgentModel): string => `${provider}/${id}`;
  const exact = models.filter((model) => name(model) === wanted || model.id === wanted);
  const matching = exact.length > 0 ? exact : models.filter((model) => name(model).includes(wanted));
  const [first, ...others] = matching;
  if (first === undefined) return oneLine(`there is no model ${wanted}; /models lists them`);
  return others.length === 0 ? first : oneLine(`several are meant: ${matching.map(name).join(', ')}`);
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
