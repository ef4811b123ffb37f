import { type AgentFeed, type Client, type FeedItem, isClientError } from '@sessiond/client';
import type { PromptData } from '@sessiond/protocol';

/** What is said to an agent, and how long it may take. */
export interface TurnRequest {
  readonly sessionId: string;
  readonly message: string;
  /** Names the command, so that it can be cancelled, and asked for again after a lost connection. */
  readonly commandId: string;
  /** Default the daemon's. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Prompts an agent and waits until it is done, across lost connections: the same id asks for the outcome of the command that is under way
 * already, and has nothing done twice.
 *
 * Rejects as `Client.request` does.
 */
export async function takeTurn(client: Client, request: TurnRequest): Promise<PromptData> {
  const { sessionId, message, commandId, timeoutMs, signal } = request;
  const fields = { id: commandId, sessionId, message, ...(timeoutMs !== undefined && { timeoutMs }) };
  for (;;) {
    try {
      return await client.request('prompt', fields, { signal, timeoutMs: Number.POSITIVE_INFINITY });
    } catch (error) {
      if (!isClientError(error, 'CONNECTION_LOST') || client.state.status === 'closed') throw error;
    }
  }
}

/** Reads a feed until its owner knows where it ends. */
export class FeedReader {
  readonly #feed: AgentFeed;
  #end = Number.POSITIVE_INFINITY;

  constructor(feed: AgentFeed) {
    this.#feed = feed;
  }

  /** Hands over one item after the other, until {@link FeedReader.endAt}, the end of the feed, or a failure of either. */
  async run(show: (item: FeedItem) => Promise<void>): Promise<void> {
    const items = this.#feed[Symbol.asyncIterator]();
    for (;;) {
      const waiting = items.next();
      // Asking for the next item has moved the place past the one before.
      if (this.#feed.seq >= this.#end) await this.#feed.detach();
      const { done, value } = await waiting;
      if (done === true) return;
      await show(value);
    }
  }

  /** Everything before this number is still read. */
  async endAt(seq: number): Promise<void> {
    this.#end = seq;
    if (this.#feed.seq >= seq) await this.#feed.detach();
  }
}
