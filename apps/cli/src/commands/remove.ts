import { isProtocolError } from '@sessiond/protocol/client';
import type { Command } from 'commander';
import { withDaemon } from '../connect.ts';
import type { Context } from '../context.ts';
import { errorText } from '../error-text.ts';
import { UsageError } from '../errors.ts';
import { EXIT_CODES, exitCodeOf } from '../exit-codes.ts';
import { findSessionId } from '../session-name.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

/** `rm`: makes the daemon forget sessions, each whatever becomes of the others; the exit code is that of the first failure. */
export const remove: CommandFactory = (execute) =>
  command('rm', 'Remove sessions with their output; programs that still run are ended first.')
    .alias('remove')
    .argument('<session...>', 'ids, or names that only one session has')
    .action((words: readonly string[], _options: unknown, self: Command) =>
      execute((context) => removeAll(words, self.optsWithGlobals<CommonOptions>(), context)),
    );

function removeAll(words: readonly string[], options: CommonOptions, context: Context): Promise<number> {
  return withDaemon(
    options,
    context,
    async ({ client }) => {
      let exitCode: number = EXIT_CODES.ok;
      for (const word of words) {
        try {
          const sessionId = await findSessionId(client, word);
          await client.request('delete_session', { sessionId }, { signal: context.interruption.signal });
          if (options.json === true) await context.output.json({ sessionId });
        } catch (error) {
          // The others are to go all the same.
          if (!isProtocolError(error) && !(error instanceof UsageError)) throw error;
          context.notices.say(errorText(error));
          if (exitCode === EXIT_CODES.ok) exitCode = exitCodeOf(error);
        }
      }
      return exitCode;
    },
    { tellsLosses: true },
  );
}
