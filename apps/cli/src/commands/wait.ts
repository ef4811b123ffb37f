import type { WaitForData } from '@sessiond/protocol';
import { type Command, Option } from 'commander';
import { withDaemon } from '../connect.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { position, wholeNumber } from '../option-values.ts';
import { printable } from '../output.ts';
import { findSessionId } from '../session-name.ts';
import { exitText } from '../session-text.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

interface WaitOptions extends CommonOptions {
  readonly exit?: boolean;
  readonly text?: string;
  readonly regex?: string;
  readonly idle?: number;
  readonly from: number | 'start' | 'now';
  readonly timeout?: number;
}

/** `wait`: blocks until something happens. */
export const wait: CommandFactory = (execute) =>
  command('wait', 'Wait for one thing to happen in a session; exit code 124 when it took too long.')
    .argument('<session>', 'id, or a name that only one session has')
    .option('--exit', 'the program has ended and its output is over')
    .option('--text <text>', 'this text was written')
    .option('--regex <pattern>', 'something was written that this ECMAScript pattern matches')
    .option('--idle <ms>', 'nothing was written for so long', wholeNumber)
    .addOption(
      new Option('--from <position>', 'where --text and --regex begin to look: start, now or an offset')
        .argParser(position)
        .default('start'),
    )
    .option('--timeout <ms>', 'milliseconds to wait at most; default: no limit', wholeNumber)
    .action((session: string, _options: unknown, self: Command) =>
      execute((context) => until(session, self.optsWithGlobals<WaitOptions>(), context)),
    );

function until(session: string, options: WaitOptions, context: Context): Promise<number> {
  const { exit, text, regex, idle, from, timeout } = options;
  const conditions = [exit, text, regex, idle].filter((condition) => condition !== undefined);
  if (conditions.length !== 1) throw new UsageError('Cannot wait: give one of --exit, --text, --regex and --idle');
  return withDaemon(
    options,
    context,
    async ({ client }) => {
      const sessionId = await findSessionId(client, session);
      const data = await client.request(
        'wait_for',
        {
          sessionId,
          ...(exit === true && { exit }),
          ...(text !== undefined && { text, from }),
          ...(regex !== undefined && { regex, from }),
          ...(idle !== undefined && { idleMs: idle }),
          ...(timeout !== undefined && { timeoutMs: timeout }),
        },
        { signal: context.interruption.signal, ...(timeout === undefined && { timeoutMs: Number.POSITIVE_INFINITY }) },
      );
      if (options.json === true) await context.output.json(data);
      else await context.output.line(happened(data));
      return EXIT_CODES.ok;
    },
    { tellsLosses: true },
  );
}

function happened({ matched, offset, endOffset, text, exit }: WaitForData): string {
  switch (matched) {
    case 'exit':
      return exit === undefined ? 'ended' : exitText(exit);
    case 'idle':
      return `idle at offset ${endOffset}`;
    default:
      return `matched at offset ${offset} up to ${endOffset}${text === undefined ? '' : `: ${printable(text)}`}`;
  }
}
