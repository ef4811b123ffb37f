import { randomUUID } from 'node:crypto';
import { type Client, isClientError } from '@sessiond/client';
import { OwnTurns } from './own-turns.ts';

/** What becomes of the prompts of a chat. */
export interface OwnPromptsView {
  /** Others wait, or one has begun. */
  onChange(): void;
  /** The agent or its provider could not do it. */
  onFailed(message: string): void;
  /** It was aborted while it waited, so that no event tells of it. */
  onNotBegun(): void;
  /** The daemon did not take it, or nobody knows what became of it. */
  onRefused(error: unknown): void;
}

/** What one chat says to its agent, and what of it has no answer yet. */
export class OwnPrompts {
  readonly #client: Client;
  readonly #sessionId: string;
  readonly #view: OwnPromptsView;
  readonly #turns = new OwnTurns();

  constructor(client: Client, sessionId: string, view: OwnPromptsView) {
    this.#client = client;
    this.#sessionId = sessionId;
    this.#view = view;
  }

  /** Those without an answer. */
  get size(): number {
    return this.#turns.size;
  }

  /** What the agent is to do when it is done with what it works on. */
  get waiting(): readonly string[] {
    return this.#turns.waiting;
  }

  /** The agent has taken up the prompt of this command, if it is one of these. */
  begin(commandId: string | undefined): void {
    this.#turns.begin(commandId);
    this.#view.onChange();
  }

  /** Has it done now, or told to the agent that works already: to steer it, or behind a `>` as a follow-up. */
  tell(text: string, isWorking: boolean): void {
    const isFollowUp = text.startsWith('>');
    const message = isFollowUp ? text.slice(1).trim() : text;
    if (message === '') return;
    if (!isWorking) {
      void this.#prompt(message);
      return;
    }
    const type = isFollowUp ? 'follow_up' : 'steer';
    this.#client.request(type, { sessionId: this.#sessionId, message }).catch((error: unknown) => {
      // It has ended in the meantime, or cannot be told anything while it works: then the prompt waits for its end.
      if (isClientError(error, 'INVALID_STATE')) void this.#prompt(message);
      else this.#view.onRefused(error);
    });
  }

  async #prompt(message: string): Promise<void> {
    const commandId = `chat-${randomUUID()}`;
    this.#turns.add(commandId, message);
    this.#view.onChange();
    const turn = this.#client.request('prompt', { id: commandId, sessionId: this.#sessionId, message });
    const error = await turn.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const hasBegun = this.#turns.end(commandId);
    this.#view.onChange();
    // That a turn was aborted is in its events, if there was one.
    if (isClientError(error, 'AGENT_FAILED')) this.#view.onFailed(error.message);
    else if (!isClientError(error, 'CANCELLED')) {
      if (error !== undefined) this.#view.onRefused(error);
    } else if (!hasBegun) this.#view.onNotBegun();
  }
}
