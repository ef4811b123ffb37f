/** A tool that the model wants to use. */
export interface ModelToolCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** What the model says: thoughts, then text, then calls of tools, each only if it is given. */
export interface ModelAnswer {
  readonly thinking?: string;
  readonly text?: string;
  readonly toolCalls?: readonly ModelToolCall[];
  /** Before the first token. Default 0. */
  readonly firstTokenMs?: number;
  /** From one token to the next, counted from the first, so that a late timer is made good. Default 0: as fast as it is read. */
  readonly msPerToken?: number;
  /** What the answer never comes to: its headers, its first token or its end. */
  readonly hangsBefore?: 'headers' | 'first-token' | 'end';
  /** Ends the connection after the last token, without the end of the answer. */
  readonly breaksOff?: true;
  /** Why the model stopped; default `stop`, and `tool_calls` with calls. */
  readonly finishReason?: 'stop' | 'length';
}

/** The provider answers with an error instead. */
export interface ModelFailure {
  /** 400 to 599. */
  readonly status: number;
  readonly retryAfterSeconds?: number;
  /** Default `the model server was told to fail`. */
  readonly message?: string;
}

/** What the model server does with one request. */
export type ModelReply = ModelAnswer | ModelFailure;

/** Characters of a token of {@link modelText}, and of each piece in which an answer is sent. */
export const TOKEN_CHARACTERS = 4;

/** A text of exactly `tokens` tokens of four ASCII characters, counting up, so that a missing or doubled one shows. */
export function modelText(tokens: number): string {
  return Array.from({ length: tokens }, (_, index) => `${String(index % 1000).padStart(3, '0')} `).join('');
}

/** The pieces in which a text is sent. */
export function tokensOf(text: string): string[] {
  const characters = Array.from(text);
  const tokens: string[] = [];
  for (let at = 0; at < characters.length; at += TOKEN_CHARACTERS) {
    tokens.push(characters.slice(at, at + TOKEN_CHARACTERS).join(''));
  }
  return tokens;
}

/** Whether a reply is an error of the provider. */
export function isModelFailure(reply: ModelReply): reply is ModelFailure {
  return 'status' in reply;
}
