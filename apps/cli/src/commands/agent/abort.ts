import type { Command } from 'commander';
import { withDaemon } from '../../connect.ts';
import type { Context } from '../../context.ts';
import { EXIT_CODES } from '../../exit-codes.ts';
import { findSessionId } from '../../session-name.ts';
import { type CommandFactory, type CommonOptions, command } from '../command.ts';

/** `agent abort`: ends what an agent works on. */
export const abort: CommandFactory = (execute) =>
  command('abort', 'End what an agent works on, with the processes of its tools; the session goes on.')
    .argument('<session>', 'id, or a name that only one session has')
    .action((session: string, _options: unknown, self: Command) =>
      execute((context) => end(session, self.optsWithGlobals<CommonOptions>(), context)),
    );

function end(session: string, options: CommonOptions, context: Context): Promise<number> {
  return withDaemon(options, context, async ({ client }) => {
    const sessionId = await findSessionId(client, session);
    const data = await client.request('abort', { sessionId }, { signal: context.interruption.signal });
    if (options.json === true) await context.output.json(data);
    else if (!data.aborted) context.notices.say(`nothing to abort: ${sessionId} is at rest`);
    return EXIT_CODES.ok;
  });
}
