import type { Command } from 'commander';
import { withDaemon } from '../connect.ts';
import type { Context } from '../context.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

/** `rm`: makes the daemon forget sessions. */
export const remove: CommandFactory = (execute) =>
  command('rm', 'Remove sessions with their output; programs that still run are ended first.')
    .alias('remove')
    .argument('<id...>', 'sessions')
    .action((sessionIds: readonly string[], _options: unknown, self: Command) =>
      execute((context) => removeAll(sessionIds, self.optsWithGlobals<CommonOptions>(), context)),
    );

function removeAll(sessionIds: readonly string[], options: CommonOptions, context: Context): Promise<number> {
  return withDaemon(options, context, async ({ client }) => {
    for (const sessionId of sessionIds) {
      await client.request('delete_session', { sessionId }, { signal: context.interruption.signal });
      if (options.json === true) await context.output.json({ sessionId });
    }
    return EXIT_CODES.ok;
  });
}
