import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { withDaemon } from '../../connect.ts';
import type { Context } from '../../context.ts';
import { OutputError, UsageError } from '../../errors.ts';
import { EXIT_CODES } from '../../exit-codes.ts';
import { findSessionId } from '../../session-name.ts';
import { type CommandFactory, type CommonOptions, command } from '../command.ts';

interface ExportOptions extends CommonOptions {
  readonly output?: string;
  readonly force?: boolean;
}

/** `agent export`: a conversation as a page. */
export const exportPage: CommandFactory = (execute) =>
  command('export', 'Make an HTML page of a conversation, on stdout or in a file that only you can read.')
    .argument('<session>', 'id, or a name that only one session has')
    .option('-o, --output <file>', 'where to write it')
    .option('--force', 'take the place of a file that is there')
    .action((session: string, _options: unknown, self: Command) =>
      execute((context) => write(session, self.optsWithGlobals<ExportOptions>(), context)),
    );

function write(session: string, options: ExportOptions, context: Context): Promise<number> {
  const { output } = context;
  if (options.output === undefined && context.screen.isTTY === true && options.json !== true) {
    throw new UsageError('Cannot print a page: stdout is a terminal; name a file with -o, or send it on');
  }
  return withDaemon(options, context, async ({ client }) => {
    const sessionId = await findSessionId(client, session);
    const { html } = await client.request('export_html', { sessionId }, { signal: context.interruption.signal });
    if (options.output !== undefined) writePage(context.resolvePath(options.output), html, options.force === true);
    else if (options.json !== true) await output.write(html);
    if (options.json === true) {
      const where = options.output === undefined ? { html } : { file: context.resolvePath(options.output) };
      await output.json({ sessionId, ...where });
    }
    return EXIT_CODES.ok;
  });
}

/** A conversation is nobody else's business; nor is a file that is there already lost by mistake. */
function writePage(path: string, html: string, force: boolean): void {
  try {
    writeFileSync(path, html, { mode: 0o600, flag: force ? 'w' : 'wx' });
  } catch (error) {
    const cause = error as NodeJS.ErrnoException;
    if (cause.code === 'EEXIST') throw new UsageError(`Cannot write ${path}: it exists; --force takes its place`);
    throw new OutputError(cause, path);
  }
}
