import { randomUUID } from 'node:crypto';
import { type Client, type FeedItem, isClientError } from '@sessiond/client';
import type { PromptData } from '@sessiond/protocol';
import { isProtocolError } from '@sessiond/protocol/client';
import type { Command } from 'commander';
import { AnswerText } from '../../agent/answer-text.ts';
import { FeedReader } from '../../agent/feed-reader.ts';
import { itemJson } from '../../agent/item-json.ts';
import { messageText } from '../../agent/message-text.ts';
import { PlainText } from '../../agent/plain-text.ts';
import { runningAgent } from '../../agent/running-agent.ts';
import { withDaemon } from '../../connect.ts';
import type { Context } from '../../context.ts';
import { Interrupted } from '../../errors.ts';
import { EXIT_CODES } from '../../exit-codes.ts';
import { timeLimit } from '../../option-values.ts';
import { printable } from '../../output.ts';
import { findSessionId } from '../../session-name.ts';
import { tellConnection } from '../../session-stream.ts';
import { type CommandFactory, type CommonOptions, command } from '../command.ts';

interface PromptOptions extends CommonOptions {
  readonly timeout?: number;
}

const NOTES = `
stdout is what the model says and nothing else, blocks of text apart by an empty line. --json prints the events of the turn as they are
on the wire, a line each, and last one of type result or error. Ctrl-C aborts the turn; the session goes on.

  git diff | sessionctl agent prompt review -           what to say, from stdin
  sessionctl agent prompt build 'Fix the tests' || echo "failed with $?"

Exit codes: 0 done, 1 the agent or its provider failed, 75 a limit or an open breaker, 79 somebody else aborted it, 124 --timeout,
130 Ctrl-C.`;

/** `agent prompt`: one turn, for scripts. */
export const prompt: CommandFactory = (execute) =>
  command('prompt', 'Have an agent do something, print what it says, and end when it is done.')
    .argument('<session>', 'id, or a name that only one session has')
    .argument('[text...]', 'what to say, words joined by blanks; without it, or as -, what comes on stdin')
    .option('--timeout <time>', "aborts the turn after so long: ms, or 5s, 2m, 1h; default: the daemon's", timeLimit)
    .addHelpText('after', NOTES)
    .action((session: string, words: readonly string[], _options: unknown, self: Command) =>
      execute((context) => ask(session, words, self.optsWithGlobals<PromptOptions>(), context)),
    );

async function ask(
  session: string,
  words: readonly string[],
  options: PromptOptions,
  context: Context,
): Promise<number> {
  const message = await messageText(words, context);
  return withDaemon(options, context, async ({ client }) => {
    const sessionId = await findSessionId(client, session);
    const { signal } = context.interruption;
    const commandId = `prompt-${randomUUID()}`;
    const stopTelling = tellConnection(context, client);
    if (await runningAgent(client, sessionId, signal)) {
      context.notices.say(`${sessionId} had ended with an earlier run of the daemon, and was taken up again`);
    }
    const interrupt = interruptible(client, commandId, context);
    try {
      const feed = await client.follow(sessionId, { from: 'now', signal });
      // Nothing has been asked of the agent yet, so there is nothing to abort.
      if (interrupt.by !== undefined) throw new Interrupted(interrupt.by);
      const reader = new FeedReader(feed);
      const shown = new TurnOutput(context, options.json === true, commandId);
      const reading = reader.run((item) => shown.show(item));
      reading.catch(() => {});
      const fields = {
        id: commandId,
        sessionId,
        message,
        ...(options.timeout !== undefined && { timeoutMs: options.timeout }),
      };
      const limits = { signal, timeoutMs: Number.POSITIVE_INFINITY };
      const outcome = await settled(client.request('prompt', fields, limits));
      await reader.endAt(await endOf(client, sessionId));
      // What the session told before it was over is all there is.
      await reading.catch((error: unknown) => signal.aborted || rethrowUnlessGone(error));
      await shown.end(outcome);
      return conclude(outcome, interrupt.by);
    } finally {
      interrupt.stop();
      stopTelling();
    }
  });
}

type Outcome =
  | { readonly ok: true; readonly data: PromptData }
  | {
      readonly ok: false;
      readonly error: unknown;
    };

function settled(turn: Promise<PromptData>): Promise<Outcome> {
  return turn.then(
    (data) => ({ ok: true, data }),
    (error: unknown) => ({ ok: false, error }),
  );
}

/** The number behind the last event so far; 0 when the session is gone or nobody can be asked. */
async function endOf(client: Client, sessionId: string): Promise<number> {
  return client.request('get_state', { sessionId }).then(
    ({ end }) => end,
    () => 0,
  );
}

function rethrowUnlessGone(error: unknown): void {
  if (!isClientError(error)) throw error;
}

/** @throws what the turn failed with; `Interrupted` when the caller wanted that. */
function conclude(outcome: Outcome, by: Interrupted['signal'] | undefined): number {
  if (outcome.ok) return outcome.data.stopReason === 'aborted' ? EXIT_CODES.aborted : EXIT_CODES.ok;
  if (by !== undefined && isClientError(outcome.error, 'CANCELLED')) throw new Interrupted(by);
  throw outcome.error;
}

/** Lets the first signal abort the turn, whose answer ends sessionctl; the second one ends sessionctl at once. */
function interruptible(
  client: Client,
  commandId: string,
  { interruption }: Context,
): { readonly by: Interrupted['signal'] | undefined; stop(): void } {
  let by: Interrupted['signal'] | undefined;
  const stop = interruption.take((signal) => {
    if (by !== undefined) return false;
    by = signal;
    // This turn and no other: the session may be working on one of somebody else.
    client.request('cancel_command', { commandId }).catch(() => interruption.fail(new Interrupted(signal)));
    return true;
  });
  return {
    get by() {
      return by;
    },
    stop,
  };
}

/** Prints a turn: the model's text, or its events as JSON. */
class TurnOutput {
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
    const { event } = item;
    if (this.#json) {
      const { seq, timestamp, correlationId } = item;
      await output.json({
        type: 'event',
        seq,
        timestamp,
        ...(correlationId !== undefined && { correlationId }),
        event,
      });
      return;
    }
    if (event.type === 'extension_ui_request') {
      notices.say(`the agent asks: ${printable(event.title)}; answer it with: sessionctl agent chat`);
    }
    const text = this.#text.push(event);
    await output.write(this.#plain?.push(text) ?? text);
  }

  async end(outcome: Outcome): Promise<void> {
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
