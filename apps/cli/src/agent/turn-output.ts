import type { FeedItem } from '@sessiond/client';
import type { PromptData } from '@sessiond/protocol';
import { isProtocolError } from '@sessiond/protocol/client';
import type { Context } from '../context.ts';
import { printable } from '../output.ts';
import { AnswerText } from './answer-text.ts';
import { itemJson } from './item-json.ts';
import { PlainText } from './plain-text.ts';

/** How a turn ended. */
export type TurnOutcome =
  | { readonly ok: true; readonly data: PromptData }
  | { readonly ok: false; readonly error: unknown };

/** Prints a turn: the model's text, or its events as JSON. */
export class TurnOutput {
  readonly #context: Context;
  readonly #json: boolean;
  readonly #commandId: string;
  readonly #text = new AnswerText();
  /** A script gets the text as it is, a terminal nothing that it would obey. */
  readonly #plain: PlainText | undefined;

  constructor(context: Context, json: boolean, commandId: string) {
    this.#context = context;
    this.#json = json;
    this.#commandId = commandId;
    this.#plain = context.screen.isTTY === true ? new PlainText() : undefined;
  }

  async show(item: FeedItem): Promise<void> {
    const { output, notices } = this.#context;
    if (item.kind === 'gap') {
      if (this.#json) await output.json(itemJson(item));
      else notices.say(`events ${item.from} up to ${item.to} are missing: they were forgotten before they were read`);
      return;
    }
    // What others have it do is none of this turn.
    if (item.correlationId !== this.#commandId) return;
    if (this.#json) {
      await output.json(itemJson(item));
      return;
    }
    const { event } = item;
    if (event.type === 'extension_ui_request') {
      notices.say(`the agent asks: ${printable(event.title)}; answer it with: sessionctl agent chat`);
    }
    const text = this.#text.push(event);
    await output.write(this.#plain?.push(text) ?? text);
  }

  async end(outcome: TurnOutcome): Promise<void> {
    const { output, notices } = this.#context;
    if (this.#json) {
      await output.json(
        outcome.ok ? { type: 'result', ...outcome.data } : { type: 'error', ...errorJson(outcome.error) },
      );
      return;
    }
    await output.write(`${this.#plain?.end() ?? ''}${this.#text.end()}`);
    if (outcome.ok && outcome.data.stopReason === 'length') {
      notices.say('the model stopped at the most it can say at once');
    }
  }
}

function errorJson(error: unknown): object {
  const { message, code } = error as { readonly message?: string; readonly code?: string };
  const { details, retryAfterMs } = isProtocolError(error) ? error : {};
  return {
    code,
    error: message,
    ...(details !== undefined && { details }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}
