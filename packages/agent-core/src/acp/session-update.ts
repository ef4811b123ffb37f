import type { ImageContent } from '@sessiond/protocol';
import { isRecord, readCount, readList, readText } from './json.ts';
import { type ConfigOption, readConfigOptions } from './session-config.ts';

/** Longest name of anything: a tool, a command, a plan's entry. */
const MAX_NAME = 1_024;

/** Longest text of a plan's entry, a notice or a description. */
const MAX_WORDS = 8_192;

/** Most entries of a list that are looked at. */
const MAX_ENTRIES = 10_000;

/** One part of what a person, a model or a tool says. */
export type UpdateContent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly image: ImageContent }
  /** Output of a terminal that the agent asked for. */
  | { readonly type: 'terminal'; readonly terminalId: string };

/** How far a call of a tool is. */
export type ToolStatus = 'pending' | 'in_progress' | 'completed' | 'failed';

/** A command of the agent's own. */
export interface AgentCommandInfo {
  readonly name: string;
  readonly description?: string;
  readonly source: string;
}

/** News of a call of a tool; what is absent is as it was. */
export interface ToolUpdate {
  readonly kind: 'tool';
  readonly toolCallId: string;
  readonly name?: string;
  /** For people: what it is about to do. */
  readonly title?: string;
  readonly status?: ToolStatus;
  /** Takes the place of all content before. */
  readonly content?: readonly UpdateContent[];
  readonly input?: unknown;
  /** Its result in the tool's own form, for when there is no content. */
  readonly output?: unknown;
}

/** What an agent tells of its session. */
export type SessionUpdate =
  | { readonly kind: 'user' | 'text' | 'thought'; readonly content: UpdateContent }
  | ToolUpdate
  | {
      readonly kind: 'plan';
      readonly entries: readonly { content: string; status: 'pending' | 'in_progress' | 'completed' }[];
    }
  | { readonly kind: 'commands'; readonly commands: readonly AgentCommandInfo[] }
  | { readonly kind: 'mode'; readonly modeId: string }
  | { readonly kind: 'config'; readonly options: readonly ConfigOption[] }
  | { readonly kind: 'title'; readonly title: string }
  | { readonly kind: 'usage'; readonly used: number; readonly size: number; readonly cost?: number }
  | { readonly kind: 'notice'; readonly level: 'info' | 'warning' | 'error'; readonly message: string }
  | { readonly kind: 'compaction'; readonly state: 'begun' | 'done' | 'failed'; readonly error?: string };

/**
 * Reads the `update` of a `session/update`; `undefined` for what is not known or malformed, which a newer agent may send.
 *
 * Texts are cut and lists end at bounds of their own, so that what is kept of them is bounded by more than the length of a line.
 */
export function readSessionUpdate(update: unknown): SessionUpdate | undefined {
  if (!isRecord(update)) return undefined;
  switch (update['sessionUpdate']) {
    case 'user_message_chunk':
      return chunk('user', update);
    case 'agent_message_chunk':
      return chunk('text', update);
    case 'agent_thought_chunk':
      return chunk('thought', update);
    case 'tool_call':
    case 'tool_call_update':
      return readToolUpdate(update);
    case 'plan':
      return { kind: 'plan', entries: readList(update['entries'], 1_000, readPlanEntry) };
    case 'available_commands_update':
      return { kind: 'commands', commands: readList(update['availableCommands'], MAX_ENTRIES, readCommand) };
    case 'current_mode_update': {
      const modeId = readText(update['currentModeId'], MAX_NAME);
      return modeId === undefined ? undefined : { kind: 'mode', modeId };
    }
    case 'config_option_update':
      return { kind: 'config', options: readConfigOptions(update['configOptions']) };
    case 'session_info_update': {
      const title = readText(update['title'], MAX_NAME);
      return title === undefined ? undefined : { kind: 'title', title };
    }
    case 'usage_update':
      return readUsage(update);
    case 'notice':
      return readNotice(update);
    case 'compaction_update':
      return readCompaction(update);
    default:
      return undefined;
  }
}

/** Reads what an agent says of a call of a tool, in an update or when it asks for leave; `undefined` without an id. */
export function readToolUpdate(update: Readonly<Record<string, unknown>>): ToolUpdate | undefined {
  const toolCallId = readText(update['toolCallId'], MAX_NAME);
  if (toolCallId === undefined) return undefined;
  const title = readText(update['title'], MAX_NAME);
  const name = readText(update['name'], MAX_NAME) ?? nameFrom(title, readText(update['kind'], MAX_NAME));
  const status = readStatus(update['status']);
  const { rawInput, rawOutput } = update;
  return {
    kind: 'tool',
    toolCallId,
    ...(name !== undefined && { name }),
    ...(title !== undefined && { title }),
    ...(status !== undefined && { status }),
    ...(Array.isArray(update['content']) && { content: readList(update['content'], MAX_ENTRIES, readToolContent) }),
    ...(rawInput !== undefined && rawInput !== null && { input: rawInput }),
    ...(rawOutput !== undefined && rawOutput !== null && { output: rawOutput }),
  };
}

/** What a tool is called. Agents that do not name it begin with its name as the title, or put the command there, which is none. */
function nameFrom(title: string | undefined, kind: string | undefined): string | undefined {
  return title !== undefined && /^[\w.:-]{1,64}$/.test(title) ? title : (kind ?? title);
}

/** A block of content in words; pictures stay pictures. */
function readContent(block: unknown): UpdateContent | undefined {
  if (!isRecord(block)) return undefined;
  const { type, text, data, mimeType, uri, resource } = block;
  if (type === 'text') return typeof text === 'string' ? { type, text } : undefined;
  if (type === 'image' && typeof data === 'string' && typeof mimeType === 'string') {
    return { type, image: { type: 'image', data, mimeType } };
  }
  if (type === 'resource_link' && typeof uri === 'string') return { type: 'text', text: uri };
  if (type === 'resource' && isRecord(resource)) {
    const words = resource['text'] ?? resource['uri'];
    return typeof words === 'string' ? { type: 'text', text: words } : undefined;
  }
  return type === 'audio' ? { type: 'text', text: '[audio]' } : undefined;
}

function readToolContent(item: unknown): UpdateContent | undefined {
  if (!isRecord(item)) return undefined;
  if (item['type'] === 'content') return readContent(item['content']);
  if (item['type'] === 'terminal') {
    const terminalId = readText(item['terminalId'], MAX_NAME);
    return terminalId === undefined ? undefined : { type: 'terminal', terminalId };
  }
  const { type, path, oldText, newText } = item;
  if (type !== 'diff' || typeof path !== 'string' || typeof newText !== 'string') return undefined;
  const lines = (value: unknown) => (typeof value === 'string' && value !== '' ? value.split('\n').length : 0);
  return { type: 'text', text: `${path}: ${lines(oldText)} lines replaced by ${lines(newText)}\n` };
}

function readStatus(value: unknown): ToolStatus | undefined {
  return value === 'pending' || value === 'in_progress' || value === 'completed' || value === 'failed'
    ? value
    : undefined;
}

function chunk(
  kind: 'user' | 'text' | 'thought',
  update: Readonly<Record<string, unknown>>,
): SessionUpdate | undefined {
  const content = readContent(update['content']);
  return content === undefined ? undefined : { kind, content };
}

function readPlanEntry(entry: unknown) {
  if (!isRecord(entry)) return undefined;
  const content = readText(entry['content'], MAX_WORDS);
  if (content === undefined) return undefined;
  const status = readStatus(entry['status']);
  return { content, status: status === undefined || status === 'failed' ? ('pending' as const) : status };
}

function readCommand(command: unknown): AgentCommandInfo | undefined {
  if (!isRecord(command)) return undefined;
  const name = readText(command['name'], MAX_NAME);
  const description = readText(command['description'], MAX_WORDS);
  if (name === undefined) return undefined;
  return { name, source: 'agent', ...(description !== undefined && { description }) };
}

function readUsage({ used, size, cost }: Readonly<Record<string, unknown>>): SessionUpdate | undefined {
  const usedTokens = readCount(used);
  const sizeTokens = readCount(size);
  if (usedTokens === undefined || sizeTokens === undefined) return undefined;
  // The protocol of this daemon tells dollars.
  const amount = isRecord(cost) && cost['currency'] === 'USD' ? cost['amount'] : undefined;
  return {
    kind: 'usage',
    used: usedTokens,
    size: sizeTokens,
    ...(typeof amount === 'number' && Number.isFinite(amount) && { cost: amount }),
  };
}

function readNotice(update: Readonly<Record<string, unknown>>): SessionUpdate | undefined {
  const title = readText(update['title'], MAX_WORDS);
  if (title === undefined) return undefined;
  const description = readText(update['description'], MAX_WORDS);
  const severity = update['severity'];
  return {
    kind: 'notice',
    level: severity === 'warning' || severity === 'error' ? severity : 'info',
    message: description === undefined ? title : `${title}: ${description}`,
  };
}

function readCompaction(update: Readonly<Record<string, unknown>>): SessionUpdate | undefined {
  const { status } = update;
  if (typeof status !== 'string') return undefined;
  if (status === 'in_progress') return { kind: 'compaction', state: 'begun' };
  if (status === 'completed') return { kind: 'compaction', state: 'done' };
  const error = readText(update['error'], MAX_WORDS);
  return { kind: 'compaction', state: 'failed', ...(error !== undefined && { error }) };
}
