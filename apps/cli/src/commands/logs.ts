import type { Chunk } from '@sessiond/client';
import { type Command, Option } from 'commander';
import { printEvents } from '../agent/event-log-output.ts';
import { withDaemon } from '../connect.ts';
import type { Context } from '../context.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { helpNotes } from '../help-layout.ts';
import { position } from '../option-values.ts';
import { chunkJson, gapText } from '../output.ts';
import { findSession } from '../session-name.ts';
import { followSession } from '../session-stream.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

interface LogsOptions extends CommonOptions {
  readonly from: number | 'start' | 'now';
  readonly follow?: boolean;
}

const NOTES = `
Of an agent it prints what was said and done as text, or with --json its events; --from is the number of an event then.`;

/** `logs`: output without going there. */
export const logs: CommandFactory = (execute) =>
  command('logs', 'Print the output of a session that is still kept, byte for byte.')
    .argument('<session>', 'id, or a name that only one session has')
    .addOption(
      new Option('--from <position>', 'where to begin: start, now or an offset').argParser(position).default('start'),
    )
    .option('-f, --follow', 'go on until the program ends')
    .addHelpText('after', helpNotes(NOTES))
    .action((session: string, _options: unknown, self: Command) =>
      execute((context) => print(session, self.optsWithGlobals<LogsOptions>(), context)),
    );

function print(session: string, { from, follow, json, ...target }: LogsOptions, context: Context): Promise<number> {
  const { output, notices } = context;
  const show = async (chunk: Chunk): Promise<void> => {
    if (json === true) await output.json(chunkJson(chunk));
    else if (chunk.kind === 'bytes') await output.write(chunk.bytes);
    else if (chunk.kind === 'gap') notices.say(gapText(chunk.from, chunk.to));
  };
  return withDaemon(target, context, async ({ client }) => {
    const { sessionId, kind } = await findSession(client, session);
    if (kind === 'agent') {
      await printEvents(context, client, { sessionId, from, follow: follow === true, json: json === true });
      return EXIT_CODES.ok;
    }
    const until = follow === true ? undefined : 'now';
    await followSession(context, client, { sessionId, from, role: 'observer', show, until });
    return EXIT_CODES.ok;
  });
}
