import { type Command, InvalidArgumentError } from 'commander';
import { withDaemon } from '../connect.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { cells, windowCells } from '../option-values.ts';
import { findSessionId } from '../session-name.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

/** `resize`: another size for a session. */
export const resize: CommandFactory = (execute) =>
  command('resize', 'Set the size of a session.')
    .argument('<session>', 'id, or a name that only one session has')
    .argument('<size...>', 'COLSxROWS, or columns and rows')
    .action((session: string, size: readonly string[], _options: unknown, self: Command) =>
      execute((context) => set(session, size, self.optsWithGlobals<CommonOptions>(), context)),
    );

function set(session: string, size: readonly string[], options: CommonOptions, context: Context): Promise<number> {
  const { cols, rows } = sizeOf(size);
  return withDaemon(options, context, async ({ client }) => {
    const sessionId = await findSessionId(client, session);
    const data = await client.request('resize', { sessionId, cols, rows });
    if (options.json === true) await context.output.json(data);
    return EXIT_CODES.ok;
  });
}

function sizeOf([first, second, ...more]: readonly string[]): { readonly cols: number; readonly rows: number } {
  if (first === undefined || more.length > 0)
    throw new UsageError('Cannot resize: give COLSxROWS, or columns and rows');
  try {
    return second === undefined ? windowCells(first) : { cols: cells(first), rows: cells(second) };
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    const given = second === undefined ? first : `${first} ${second}`;
    throw new UsageError(`Cannot resize to ${given}: ${error.message}`);
  }
}
