import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Client } from '@sessiond/client';
import {
  type AgentMessage,
  type AgentSessionState,
  type Command,
  type CommandType,
  isProtocolError,
  type ResponseDataOf,
} from '@sessiond/protocol/client';
import { groupDigits } from '../group-digits.ts';
import { piMessage } from './pi-message.ts';
import { piModel } from './pi-model.ts';
import type { RpcCommand } from './rpc-command.ts';
import { RpcRefusal } from './rpc-refusal.ts';

/** What a command is carried out with. */
export interface RpcTarget {
  readonly client: Client;
  readonly sessionId: string;
  /** Where files go that a client asks for without an absolute path. */
  readonly cwd: string;
}

/** Carries a command of the dialect out; what it returns is the data of the answer. */
export type RpcRequest = (command: RpcCommand, target: RpcTarget) => Promise<object | null | undefined>;

/** Characters of a conversation that one answer may carry. */
const MAX_CONVERSATION_CHARS = 64 * 1024 * 1024;

/** Commands of the dialect that are one command of the daemon or little more; `prompt` and what belongs to it are not among them. */
export const RPC_REQUESTS: Readonly<Record<string, RpcRequest>> = {
  abort: silent('abort'),
  abort_bash: silent('abort_bash'),
  abort_retry: silent('abort_retry'),
  set_auto_compaction: silent('set_auto_compaction', 'enabled'),
  set_auto_retry: silent('set_auto_retry', 'enabled'),
  set_thinking_level: silent('set_thinking_level', 'level'),
  set_steering_mode: silent('set_steering_mode', 'mode'),
  set_follow_up_mode: silent('set_follow_up_mode', 'mode'),

  async set_session_name({ name }, { client, sessionId }) {
    // Blanks around it are none of it in the dialect, while names of the daemon are as they are given.
    const trimmed = typeof name === 'string' ? name.trim() : '';
    if (trimmed === '') throw new RpcRefusal('Cannot name session: the name is empty');
    await client.request('set_session_name', { sessionId, name: trimmed });
    return undefined;
  },

  async get_state(_command, { client, sessionId }) {
    return piState(await agentState(client, sessionId));
  },

  async get_messages(_command, { client, sessionId }) {
    const messages: AgentMessage[] = [];
    let chars = 0;
    for (let from = 0, total = 1; from < total; ) {
      const page = await client.request('get_messages', { sessionId, from, limit: 1_000 });
      total = page.total;
      if (page.messages.length === 0) break;
      chars += JSON.stringify(page.messages).length;
      if (chars > MAX_CONVERSATION_CHARS) {
        throw new RpcRefusal(
          `Cannot get messages: the conversation has more than ${groupDigits(MAX_CONVERSATION_CHARS)} characters`,
        );
      }
      messages.push(...page.messages);
      from = page.from + page.messages.length;
    }
    return { messages: messages.map(piMessage) };
  },

  async get_last_assistant_text(_command, { client, sessionId }) {
    return { text: (await client.request('get_last_assistant_text', { sessionId })).text };
  },

  async get_available_models(_command, { client, sessionId }) {
    return { models: (await client.request('get_available_models', { sessionId })).models.map(piModel) };
  },

  async set_model(command, { client, sessionId }) {
    return piModel((await send(client, 'set_model', sessionId, command, ['provider', 'modelId'])).model);
  },

  async cycle_model(_command, { client, sessionId }) {
    const { model, thinkingLevel = 'off' } = await client.request('cycle_model', { sessionId });
    return model === null ? null : { model: piModel(model), thinkingLevel, isScoped: false };
  },

  async cycle_thinking_level(_command, { client, sessionId }) {
    const { level } = await client.request('cycle_thinking_level', { sessionId });
    return level === null ? null : { level };
  },

  async compact(command, { client, sessionId }) {
    const { summary, tokensBefore = 0 } = await send(client, 'compact', sessionId, command, ['customInstructions']);
    return { summary, firstKeptEntryId: '', tokensBefore };
  },

  async bash(command, { client, sessionId }) {
    try {
      return bashResult(await send(client, 'bash', sessionId, command, ['command']));
    } catch (error) {
      // In the dialect a command that was aborted has a result like any other.
      if (!isProtocolError(error) || error.code !== 'CANCELLED') throw error;
      return { ...bashResult(error.details as Partial<BashOutcome>), cancelled: true };
    }
  },

  async get_session_stats(_command, { client, sessionId }) {
    const [state, stats, context] = await Promise.all([
      agentState(client, sessionId),
      client.request('get_session_stats', { sessionId }),
      // Not every agent knows it.
      client.request('get_context_usage', { sessionId }).catch(() => undefined),
    ]);
    const { tokens, cost = 0, ...counts } = stats;
    const { input, output, cacheRead, cacheWrite, totalTokens } = tokens;
    return {
      sessionFile: state.sessionFile,
      sessionId,
      ...counts,
      tokens: { input, output, cacheRead, cacheWrite, total: totalTokens },
      cost,
      ...(context !== undefined && context.contextWindow !== null && { contextUsage: context }),
    };
  },

  async new_session(_command, { client, sessionId }) {
    return { cancelled: (await client.request('new_session', { sessionId })).cancelled };
  },

  async switch_session(command, { client, sessionId }) {
    const { cancelled } = await send(client, 'switch_session_file', sessionId, command, ['sessionPath']);
    return { cancelled };
  },

  async fork(command, { client, sessionId }) {
    const { text, cancelled } = await send(client, 'fork', sessionId, command, ['entryId']);
    return { text, cancelled };
  },

  async clone(_command, { client, sessionId }) {
    return { cancelled: (await client.request('clone', { sessionId })).cancelled };
  },

  async get_fork_messages(_command, { client, sessionId }) {
    return { messages: (await client.request('get_fork_messages', { sessionId })).messages };
  },

  async export_html(command, { client, sessionId, cwd }) {
    const { outputPath = `${sessionId}.html` } = command as { readonly outputPath?: unknown };
    if (typeof outputPath !== 'string') throw new RpcRefusal('Cannot export: outputPath is no text');
    const { html } = await client.request('export_html', { sessionId });
    const path = resolve(cwd, outputPath);
    // What is said to an agent is nobody else's business.
    await writeFile(path, html, { mode: 0o600 });
    return { path };
  },

  async get_commands(_command, { client, sessionId }) {
    return { commands: (await client.request('get_commands', { sessionId })).commands };
  },
};

/** A command whose answer carries no data in the dialect. */
function silent<T extends CommandType>(type: T, ...fields: readonly string[]): RpcRequest {
  return async (command, { client, sessionId }) => {
    await send(client, type, sessionId, command, fields);
    return undefined;
  };
}

/** Sends a command of the daemon with these fields of one of the dialect, as they are: the daemon checks them. */
function send<T extends CommandType>(
  client: Client,
  type: T,
  sessionId: string,
  command: RpcCommand,
  fields: readonly string[],
): ReturnType<typeof client.request<T>> {
  const given = fields.filter((field) => command[field] !== undefined).map((field) => [field, command[field]]);
  const request = { sessionId, ...Object.fromEntries(given) } as unknown as Omit<Command<T>, 'type'>;
  return (client.request as (type: T, fields: object) => ReturnType<typeof client.request<T>>)(type, request);
}

/** What a command of the shell came to. */
type BashOutcome = Pick<ResponseDataOf<'bash'>, 'output' | 'exitCode' | 'truncated'>;

function bashResult({ output = '', exitCode = null, truncated = false }: Partial<BashOutcome> = {}): object {
  return { output, ...(exitCode !== null && { exitCode }), cancelled: exitCode === null, truncated };
}

/** What an agent session is doing; refuses a terminal. */
export async function agentState(client: Client, sessionId: string): Promise<AgentSessionState> {
  const state = await client.request('get_state', { sessionId });
  if (state.kind !== 'agent')
    throw new RpcRefusal(`Cannot talk to session ${sessionId}: it is a terminal, not an agent`);
  return state;
}

function piState(state: AgentSessionState): object {
  return {
    model: state.model === undefined ? null : piModel(state.model),
    thinkingLevel: state.thinkingLevel ?? 'off',
    isStreaming: state.isStreaming,
    isCompacting: state.isCompacting,
    steeringMode: state.steeringMode ?? 'one-at-a-time',
    followUpMode: state.followUpMode ?? 'one-at-a-time',
    ...(state.sessionFile !== undefined && { sessionFile: state.sessionFile }),
    sessionId: state.sessionId,
    ...(state.name !== undefined && { sessionName: state.name }),
    autoCompactionEnabled: state.autoCompactionEnabled ?? false,
    messageCount: state.messageCount ?? 0,
    pendingMessageCount: state.steering.length + state.followUp.length,
  };
}
