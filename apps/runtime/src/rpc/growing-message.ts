import type { AgentMessage, AssistantMessageEvent, MessageContent } from '@sessiond/protocol/client';
import { type PiAssistantMessage, piMessage, piUsage } from './pi-message.ts';

/** What ends a message of a model. */
export interface MessageEnd {
  readonly stopReason?: PiAssistantMessage['stopReason'];
  readonly errorMessage?: string;
  readonly usage?: AgentMessage['usage'];
}

/** Characters of a message that are kept; later ones are told piece by piece only. */
const MAX_CHARS = 16 * 1024 * 1024;

/** Parts of a message that are kept. */
const MAX_PARTS = 4_096;

/** A part of the message while it grows. */
type Part =
  | { readonly type: 'text'; text: string }
  | { readonly type: 'thinking'; thinking: string }
  | { readonly type: 'toolCall'; readonly id: string; readonly name: string; json: string };

/**
 * A message of a model that is put together again from its pieces, for clients that want it whole with each of them.
 *
 * Holds at most 16 Mi characters in 4,096 parts. Telling it is as expensive as it is long: that is the dialect's, not the daemon's.
 */
export class GrowingMessage {
  readonly #head: PiAssistantMessage;
  readonly #parts: Part[] = [];
  #chars = 0;
  /** Index of the part that grows. */
  #open: number | undefined;

  /** Begins with what is known at its start. */
  constructor(start: AgentMessage) {
    this.#head = piMessage({ ...start, role: 'assistant' }) as PiAssistantMessage;
  }

  /** Takes a piece; returns the events that tell it, as lines of JSON. */
  grow(event: AssistantMessageEvent): string[] {
    const index = event.contentIndex;
    if (!Number.isInteger(index) || index < 0 || index >= MAX_PARTS) return [];
    const lines: string[] = [];
    if (index !== this.#open) {
      lines.push(...this.#close());
      this.#begin(index, event);
      lines.push(this.#tell(startOf(event), index));
    }
    if (event.type === 'toolcall_start') return lines;
    this.#append(index, event.delta);
    lines.push(this.#tell(event.type, index, { delta: event.delta }));
    return lines;
  }

  /** The message is whole; returns the events that tell the end of its last part. */
  end(): string[] {
    return this.#close();
  }

  /** The message as it is now. */
  message(end: MessageEnd = {}): PiAssistantMessage {
    return {
      ...this.#head,
      content: this.#parts.map(contentOf),
      ...(end.usage !== undefined && { usage: piUsage(end.usage) }),
      ...(end.stopReason !== undefined && { stopReason: end.stopReason }),
      ...(end.errorMessage !== undefined && { errorMessage: end.errorMessage }),
    };
  }

  #begin(index: number, event: AssistantMessageEvent): void {
    // Parts that were never told are empty.
    while (this.#parts.length < index) this.#parts.push({ type: 'text', text: '' });
    if (this.#parts[index] === undefined) this.#parts.push(emptyPart(event));
    this.#open = index;
  }

  #append(index: number, delta: string): void {
    if (this.#chars + delta.length > MAX_CHARS) return;
    this.#chars += delta.length;
    const part = this.#parts[index]!;
    if (part.type === 'text') part.text += delta;
    else if (part.type === 'thinking') part.thinking += delta;
    else part.json += delta;
  }

  #close(): string[] {
    const index = this.#open;
    this.#open = undefined;
    if (index === undefined) return [];
    const content = contentOf(this.#parts[index]!);
    if (content.type === 'text') return [this.#tell('text_end', index, { content: content.text })];
    if (content.type === 'thinking') return [this.#tell('thinking_end', index, { content: content.thinking })];
    return [this.#tell('toolcall_end', index, { toolCall: content })];
  }

  #tell(type: string, contentIndex: number, fields: object = {}): string {
    // It stands in the line twice, and is long: written once.
    const whole = JSON.stringify(this.message());
    const event = JSON.stringify({ type, contentIndex, ...fields });
    return `{"type":"message_update","assistantMessageEvent":${event.slice(0, -1)},"partial":${whole}},"message":${whole}}`;
  }
}

function startOf(event: AssistantMessageEvent): string {
  if (event.type === 'text_delta') return 'text_start';
  return event.type === 'thinking_delta' ? 'thinking_start' : 'toolcall_start';
}

function emptyPart(event: AssistantMessageEvent): Part {
  if (event.type === 'text_delta') return { type: 'text', text: '' };
  if (event.type === 'thinking_delta') return { type: 'thinking', thinking: '' };
  const { toolCallId = '', toolName = '' } = event.type === 'toolcall_start' ? event : {};
  return { type: 'toolCall', id: toolCallId, name: toolName, json: '' };
}

function contentOf(part: Part): MessageContent {
  if (part.type === 'text') return { type: 'text', text: part.text };
  if (part.type === 'thinking') return { type: 'thinking', thinking: part.thinking };
  return { type: 'toolCall', id: part.id, name: part.name, arguments: parseArguments(part.json) };
}

/** Empty until they are whole. */
function parseArguments(json: string): Record<string, unknown> {
  if (!json.endsWith('}')) return {};
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    return {};
  }
}
