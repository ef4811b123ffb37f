import type { SessionInfo } from '@sessiond/protocol';
import type { Command } from 'commander';
import { withDaemon } from '../connect.ts';
import type { Context } from '../context.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { printable } from '../output.ts';
import { commandText, stateText } from '../session-text.ts';
import { table } from '../table.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

const HEADINGS = ['ID', 'NAME', 'STATE', 'PID', 'SIZE', 'ATTACHED', 'COMMAND'];

/** `ls`: every session. */
export const list: CommandFactory = (execute) =>
  command('ls', 'List the sessions, oldest first.')
    .alias('list')
    .action((_options: unknown, self: Command) =>
      execute((context) => show(self.optsWithGlobals<CommonOptions>(), context)),
    );

function show(options: CommonOptions, context: Context): Promise<number> {
  return withDaemon(options, context, async ({ client }) => {
    const { sessions } = await client.request('list_sessions');
    if (options.json === true) await context.output.json(sessions);
    else await context.output.write(table([HEADINGS, ...sessions.map(row)]));
    return EXIT_CODES.ok;
  });
}

function row(session: SessionInfo): string[] {
  const { sessionId, name, pid, attached } = session;
  const size = session.kind === 'pty' ? `${session.cols}x${session.rows}` : '-';
  const texts = [sessionId, name ?? '-', stateText(session), pid === undefined ? '-' : `${pid}`, size];
  return [...texts, `${attached}`, commandText(session)].map(printable);
}
