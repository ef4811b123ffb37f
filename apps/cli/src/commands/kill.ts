import type { Command } from 'commander';
import { withDaemon } from '../connect.ts';
import type { Context } from '../context.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { wholeNumber } from '../option-values.ts';
import { findSessionId } from '../session-name.ts';
import { exitText } from '../session-text.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

interface KillOptions extends CommonOptions {
  readonly grace?: number;
}

/** `kill`: ends the program; what it wrote stays readable. */
export const kill: CommandFactory = (execute) =>
  command('kill', 'End the program of a session with everything it started; its output stays readable.')
    .argument('<session>', 'id, or a name that only one session has')
    .option('--grace <ms>', 'milliseconds from SIGTERM to SIGKILL; 0 kills at once', wholeNumber)
    .action((session: string, _options: unknown, self: Command) =>
      execute((context) => end(session, self.optsWithGlobals<KillOptions>(), context)),
    );

function end(session: string, options: KillOptions, context: Context): Promise<number> {
  const { grace } = options;
  return withDaemon(
    options,
    context,
    async ({ client }) => {
      const sessionId = await findSessionId(client, session);
      const data = await client.request(
        'terminate',
        { sessionId, ...(grace !== undefined && { gracePeriodMs: grace }) },
        { signal: context.interruption.signal },
      );
      if (options.json === true) await context.output.json(data);
      else
        await context.output.line(`${exitText(data.exit)}${data.forceKilled ? ', killed after the grace period' : ''}`);
      return EXIT_CODES.ok;
    },
    { tellsLosses: true },
  );
}
