/** How the exchange of one request ended: everything was sent, or the client went away before. */
export type ModelRequestEnd = 'answered' | 'abandoned';

/** What an agent asked of the model server. */
export interface ModelRequest {
  /** `performance.now()` when the request was whole. */
  readonly receivedMs: number;
  readonly model: string;
  /** The text of the last message of a person; empty when there is none. */
  readonly prompt: string;
  /** Pictures in the last message of a person. */
  readonly images: number;
  /** What the tools answered since the last message of a person, in order. */
  readonly toolResults: readonly string[];
  /** Names of the tools that the model may use. */
  readonly tools: readonly string[];
  /** The whole request, as it was sent. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Settles when the exchange is over; never rejects. */
  readonly closed: Promise<ModelRequestEnd>;
}

interface ChatMessage {
  readonly role?: string;
  readonly content?: unknown;
}

/** Reads what {@link ModelRequest} tells out of the body of a chat completion. Unknown shapes read as empty. */
export function readModelRequest(
  body: Readonly<Record<string, unknown>>,
  receivedMs: number,
  closed: Promise<ModelRequestEnd>,
): ModelRequest {
  const messages = (Array.isArray(body['messages']) ? body['messages'] : []) as readonly ChatMessage[];
  const lastOfPerson = messages.findLastIndex(({ role }) => role === 'user');
  const content = messages[lastOfPerson]?.content;
  const tools = (Array.isArray(body['tools']) ? body['tools'] : []) as readonly { function?: { name?: string } }[];
  return {
    receivedMs,
    model: String(body['model'] ?? ''),
    prompt: textOf(content),
    images: parts(content).filter(({ type }) => type === 'image_url').length,
    toolResults: messages
      .slice(lastOfPerson + 1)
      .filter(({ role }) => role === 'tool')
      .map((message) => textOf(message.content)),
    tools: tools.map((tool) => tool.function?.name ?? ''),
    body,
    closed,
  };
}

function parts(content: unknown): readonly { readonly type?: string; readonly text?: string }[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return Array.isArray(content) ? content : [];
}

function textOf(content: unknown): string {
  return parts(content)
    .map(({ type, text }) => (type === 'text' ? (text ?? '') : ''))
    .join('\n')
    .trim();
}
