import type { AgentMessage, MessageContent, TokenUsage } from '@sessiond/protocol';

/** Most messages of one answer. */
const DEFAULT_MESSAGES = 1_000;

/** Longest text that is kept of one block. */
const MAX_BLOCK = 1_048_576;

/** Counts over a conversation, those included that are not held any more. */
export interface TranscriptCounts {
  readonly userMessages: number;
  readonly assistantMessages: number;
  readonly toolCalls: number;
  readonly toolResults: number;
  readonly totalMessages: number;
  readonly tokens: TokenUsage;
}

/** Messages from one index on. */
export interface TranscriptPage {
  readonly messages: readonly AgentMessage[];
  readonly from: number;
  readonly total: number;
}

interface Held {
  readonly message: AgentMessage;
  readonly bytes: number;
}

/**
 * The end of a conversation, kept here because the protocol of the agent has no way to ask for it.
 *
 * Memory: `maxBytes` of JSON; the oldest messages go first, and a block of text or a picture of more than 1 MiB is kept as its beginning or as a remark. Indexes count
 * from the first message there ever was.
 */
export class Transcript {
  readonly #maxBytes: number;
  #held: Held[] = [];
  #bytes = 0;
  #dropped = 0;
  #lastText: string | null = null;
  #users = 0;
  #assistants = 0;
  #toolCalls = 0;
  #toolResults = 0;
  #tokens: TokenUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, totalTokens: 0 };

  /** Holds messages of at most `maxBytes` as JSON. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** How many messages there were. */
  get total(): number {
    return this.#dropped + this.#held.length;
  }

  /** What the model said last; `null` when it has said nothing. */
  get lastText(): string | null {
    return this.#lastText;
  }

  /** Adds a message at the end. Costs what it takes to write it as JSON. */
  add(message: AgentMessage): void {
    const kept = { ...message, content: message.content.map(cut) };
    this.#count(kept);
    const bytes = Buffer.byteLength(JSON.stringify(kept));
    this.#held.push({ message: kept, bytes });
    this.#bytes += bytes;
    let excess = 0;
    while (this.#bytes > this.#maxBytes && excess < this.#held.length) {
      this.#bytes -= this.#held[excess]!.bytes;
      excess += 1;
    }
    if (excess > 0) this.#held.splice(0, excess);
    this.#dropped += excess;
  }

  /** Adds what a turn has used. */
  addUsage(usage: TokenUsage): void {
    const { input, output, cacheRead, cacheWrite, totalTokens } = this.#tokens;
    this.#tokens = {
      input: input + usage.input,
      output: output + usage.output,
      cacheRead: cacheRead + usage.cacheRead,
      cacheWrite: cacheWrite + usage.cacheWrite,
      totalTokens: totalTokens + usage.totalTokens,
    };
  }

  /** Messages from `from` on, or else the last ones; what is not held any more is left out. */
  page(from: number | undefined, limit: number = DEFAULT_MESSAGES): TranscriptPage {
    const { total } = this;
    const first = Math.min(Math.max(from ?? total - limit, this.#dropped), total);
    const start = first - this.#dropped;
    return { from: first, total, messages: this.#held.slice(start, start + limit).map(({ message }) => message) };
  }

  /** How much was said and used. */
  counts(): TranscriptCounts {
    return {
      userMessages: this.#users,
      assistantMessages: this.#assistants,
      toolCalls: this.#toolCalls,
      toolResults: this.#toolResults,
      totalMessages: this.total,
      tokens: this.#tokens,
    };
  }

  #count({ role, content }: AgentMessage): void {
    if (role === 'user') this.#users += 1;
    if (role === 'toolResult') this.#toolResults += 1;
    if (role !== 'assistant') return;
    this.#assistants += 1;
    const texts: string[] = [];
    for (const part of content) {
      if (part.type === 'toolCall') this.#toolCalls += 1;
      if (part.type === 'text') texts.push(part.text);
    }
    if (texts.length > 0) this.#lastText = texts.join('');
  }
}

function cut(part: MessageContent): MessageContent {
  if (part.type === 'text' && part.text.length > MAX_BLOCK)
    return { type: 'text', text: part.text.slice(0, MAX_BLOCK) };
  if (part.type === 'thinking' && part.thinking.length > MAX_BLOCK) {
    return { type: 'thinking', thinking: part.thinking.slice(0, MAX_BLOCK) };
  }
  if (part.type === 'image' && part.data.length > MAX_BLOCK) {
    return { type: 'text', text: `[${part.mimeType}, ${part.data.length.toLocaleString('en')} characters]` };
  }
  return part;
}
