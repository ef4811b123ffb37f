import type { AgentEvent, AgentMessage, AgentModel, StopReason, TokenUsage } from '@sessiond/protocol';
import type { Conversation } from './conversation.ts';

/** Characters of a token of the fake agent. */
const TOKEN_CHARACTERS = 4;

/** What an {@link Answer} is part of. */
export interface AnswerParts {
  readonly emit: (event: AgentEvent) => void;
  readonly conversation: Conversation;
  readonly model: AgentModel;
  readonly timestamp: string;
}

/** One message of the model while it comes: tells every piece, and puts the whole into the conversation at its end. */
export class Answer {
  readonly #parts: AnswerParts;
  readonly #inputTokens: number;
  #thinking = '';
  #text = '';
  #toolCall: { readonly id: string; readonly name: string; readonly arguments: Record<string, unknown> } | undefined;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
    const said = JSON.stringify(parts.conversation.branch().map(({ message }) => message.content));
    this.#inputTokens = tokensOf(said);
    parts.emit({ type: 'message_start', message: this.#message([]) });
  }

  /** All that was said so far. */
  get text(): string {
    return this.#text;
  }

  think(delta: string): void {
    this.#thinking += delta;
    this.#piece('thinking_delta', 0, delta);
  }

  say(delta: string): void {
    this.#text += delta;
    this.#piece('text_delta', this.#thinking === '' ? 0 : 1, delta);
  }

  callTool(id: string, name: string, args: Record<string, unknown>): void {
    this.#toolCall = { id, name, arguments: args };
    const contentIndex = 0;
    const update = (assistantMessageEvent: AgentEvent<'message_update'>['assistantMessageEvent']) =>
      this.#parts.emit({ type: 'message_update', assistantMessageEvent });
    update({ type: 'toolcall_start', contentIndex, toolCallId: id, toolName: name });
    update({ type: 'toolcall_delta', contentIndex, delta: JSON.stringify(args) });
  }

  /** Ends the message. @returns what it cost. */
  end(stopReason: StopReason, errorMessage?: string): TokenUsage {
    const { emit, conversation } = this.#parts;
    const output = tokensOf(this.#thinking + this.#text);
    const input = this.#inputTokens;
    const usage = { input, output, cacheRead: 0, cacheWrite: 0, totalTokens: input + output };
    const ending = { stopReason, usage, ...(errorMessage !== undefined && { errorMessage }) };
    const entryId = conversation.add({ ...this.#message(this.#content()), ...ending });
    emit({ type: 'message_end', role: 'assistant', entryId, ...ending });
    return usage;
  }

  #piece(type: 'text_delta' | 'thinking_delta', contentIndex: number, delta: string): void {
    this.#parts.emit({ type: 'message_update', assistantMessageEvent: { type, contentIndex, delta } });
  }

  #message(content: AgentMessage['content']): AgentMessage {
    const { model, timestamp } = this.#parts;
    return { role: 'assistant', content, timestamp, provider: model.provider, model: model.id };
  }

  #content(): AgentMessage['content'] {
    return [
      ...(this.#thinking === '' ? [] : [{ type: 'thinking' as const, thinking: this.#thinking }]),
      ...(this.#text === '' ? [] : [{ type: 'text' as const, text: this.#text }]),
      ...(this.#toolCall === undefined ? [] : [{ type: 'toolCall' as const, ...this.#toolCall }]),
    ];
  }
}

/** How many tokens a text has for the fake agent. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / TOKEN_CHARACTERS);
}
