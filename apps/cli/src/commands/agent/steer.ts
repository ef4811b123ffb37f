import type { Command } from 'commander';
import { messageText } from '../../agent/message-text.ts';
import { withDaemon } from '../../connect.ts';
import type { Context } from '../../context.ts';
import { EXIT_CODES } from '../../exit-codes.ts';
import { findSessionId } from '../../session-name.ts';
import { type CommandFactory, type CommonOptions, command } from '../command.ts';

interface SteerOptions extends CommonOptions {
  readonly after?: boolean;
}

/** `agent steer`: tells an agent something while it works. */
export const steer: CommandFactory = (execute) =>
  command('steer', 'Tell an agent something while it works; it takes it up before its next step.')
    .argument('<session>', 'id, or a name that only one session has')
    .argument('[text...]', 'what to say, words joined by blanks; without it, or as -, what comes on stdin')
    .option('--after', 'something to do when it is done with what it works on')
    .action((session: string, words: readonly string[], _options: unknown, self: Command) =>
      execute((context) => tell(session, words, self.optsWithGlobals<SteerOptions>(), context)),
    );

async function tell(
  session: string,
  words: readonly string[],
  options: SteerOptions,
  context: Context,
): Promise<number> {
  const message = await messageText(words, context);
  return withDaemon(options, context, async ({ client }) => {
    const sessionId = await findSessionId(client, session);
    const type = options.after === true ? 'follow_up' : 'steer';
    const data = await client.request(type, { sessionId, message }, { signal: context.interruption.signal });
    if (options.json === true) await context.output.json(data);
    return EXIT_CODES.ok;
  });
}
