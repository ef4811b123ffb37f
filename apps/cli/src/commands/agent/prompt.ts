import { randomUUID } from 'node:crypto';
import { type Client, isClientError } from '@sessiond/client';
import type { PromptData } from '@sessiond/protocol';
import type { Command } from 'commander';
import { FeedReader } from '../../agent/feed-reader.ts';
import { messageText } from '../../agent/message-text.ts';
import { runningAgent } from '../../agent/running-agent.ts';
import { type TurnOutcome, TurnOutput } from '../../agent/turn-output.ts';
import { cancelOnSignal } from '../../cancel-on-signal.ts';
import { withDaemon } from '../../connect.ts';
import type { Context } from '../../context.ts';
import { Interrupted } from '../../errors.ts';
import { EXIT_CODES } from '../../exit-codes.ts';
import { helpNotes } from '../../help-layout.ts';
import { timeLimit } from '../../option-values.ts';
import { findSessionId } from '../../session-name.ts';
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
    .addHelpText('after', helpNotes(NOTES))
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
  return withDaemon(
    options,
    context,
    async ({ client }) => {
      const sessionId = await findSessionId(client, session);
      const { signal } = context.interruption;
      const commandId = `prompt-${randomUUID()}`;
      if (await runningAgent(client, sessionId, signal)) {
        context.notices.say(`${sessionId} had ended with an earlier run of the daemon, and was taken up again`);
      }
      // This turn and no other: the session may be working on one of somebody else.
      const interrupt = cancelOnSignal(client, commandId, context);
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
      }
    },
    { tellsLosses: true },
  );
}

function settled(turn: Promise<PromptData>): Promise<TurnOutcome> {
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
function conclude(outcome: TurnOutcome, by: Interrupted['signal'] | undefined): number {
  if (outcome.ok) return outcome.data.stopReason === 'aborted' ? EXIT_CODES.aborted : EXIT_CODES.ok;
  if (by !== undefined && isClientError(outcome.error, 'CANCELLED')) throw new Interrupted(by);
  throw outcome.error;
}
