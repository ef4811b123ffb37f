import type { AgentMessage, AgentModel, MessageContent, MessageRole, StopReason, TokenUsage } from '@sessiond/protocol';
import { errorWords } from './error-words.ts';
import type { PiContent, PiMessage, PiModel, PiUsage } from './pi-api.ts';

const STOP_REASONS: ReadonlySet<string> = new Set<StopReason>(['stop', 'length', 'toolUse', 'aborted', 'error']);

/** A message of pi in the words of the protocol: a copy, with `content` in place of its own when given. */
export function toMessage(message: PiMessage, entryId?: string, content?: readonly MessageContent[]): AgentMessage {
  const stopReason = toStopReason(message.stopReason);
  return {
    role: toRole(message.role),
    content: content ?? contentOf(message),
    timestamp: toTimestamp(message.timestamp),
    ...(entryId === undefined ? {} : { entryId }),
    ...(message.role === 'assistant' && message.provider !== undefined ? { provider: message.provider } : {}),
    ...(message.role === 'assistant' && message.model !== undefined ? { model: message.model } : {}),
    ...(stopReason === undefined ? {} : { stopReason }),
    ...(message.errorMessage === undefined ? {} : { errorMessage: errorWords(message.errorMessage) }),
    ...(message.usage === undefined ? {} : { usage: toUsage(message.usage) }),
    ...(message.toolCallId === undefined ? {} : { toolCallId: message.toolCallId }),
    ...(message.toolName === undefined ? {} : { toolName: message.toolName }),
    ...(message.isError === undefined ? {} : { isError: message.isError }),
  };
}

/** Who a message is from; what pi says by itself, such as a summary, is a notice. */
export function toRole(role: string): MessageRole {
  switch (role) {
    case 'user':
    case 'assistant':
    case 'toolResult':
    case 'bashExecution':
      return role;
    default:
      return 'notice';
  }
}

/** Why a model stopped, if pi says so in a word that is known. */
export function toStopReason(reason: string | undefined): StopReason | undefined {
  return reason !== undefined && STOP_REASONS.has(reason) ? (reason as StopReason) : undefined;
}

/** Tokens, with 0 for what the provider does not say. */
export function toUsage(usage: PiUsage): TokenUsage {
  const { input = 0, output = 0, cacheRead = 0, cacheWrite = 0 } = usage;
  return {
    input,
    output,
    cacheRead,
    cacheWrite,
    totalTokens: usage.totalTokens ?? input + output + cacheRead + cacheWrite,
  };
}

/** The tokens of several answers together. */
export function addUsage(sum: TokenUsage | undefined, usage: TokenUsage): TokenUsage {
  if (sum === undefined) return usage;
  return {
    input: sum.input + usage.input,
    output: sum.output + usage.output,
    cacheRead: sum.cacheRead + usage.cacheRead,
    cacheWrite: sum.cacheWrite + usage.cacheWrite,
    totalTokens: sum.totalTokens + usage.totalTokens,
  };
}

/** A model of pi in the words of the protocol. */
export function toModel(model: PiModel): AgentModel {
  return {
    provider: model.provider,
    id: model.id,
    ...(model.name === undefined ? {} : { name: model.name }),
    ...(model.reasoning === undefined ? {} : { reasoning: model.reasoning }),
    ...(model.input === undefined ? {} : { images: model.input.includes('image') }),
    ...(model.contextWindow === undefined ? {} : { contextWindow: model.contextWindow }),
    ...(model.maxTokens === undefined ? {} : { maxTokens: model.maxTokens }),
  };
}

/** All text of a message. */
export function textOf(message: PiMessage): string {
  return contentOf(message)
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('');
}

/** The parts of a message; what pi keeps in other fields, as summaries and commands of a person, is text. */
export function contentOf(message: PiMessage): readonly MessageContent[] {
  if (message.role === 'bashExecution')
    return [{ type: 'text', text: `$ ${message.command}\n${message.output ?? ''}` }];
  const content = message.content ?? message.summary ?? [];
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return content.flatMap(toContent);
}

function toContent(part: PiContent): readonly MessageContent[] {
  switch (part.type) {
    case 'text':
      return [{ type: 'text', text: part.text }];
    case 'thinking':
      return [{ type: 'thinking', thinking: part.thinking }];
    case 'image':
      return [{ type: 'image', data: part.data, mimeType: part.mimeType }];
    case 'toolCall':
      return [{ type: 'toolCall', id: part.id, name: part.name, arguments: asRecord(part.arguments) }];
    default:
      return [];
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function toTimestamp(value: number | string | undefined): string {
  const date = new Date(value ?? Date.now());
  return (Number.isNaN(date.getTime()) ? new Date(0) : date).toISOString();
}
