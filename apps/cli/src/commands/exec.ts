import { randomUUID } from 'node:crypto';
import { isClientError } from '@sessiond/client';
import type { BashData } from '@sessiond/protocol';
import type { Command } from 'commander';
import { cancelOnSignal } from '../cancel-on-signal.ts';
import { withDaemon } from '../connect.ts';
import type { Context } from '../context.ts';
import { Interrupted, UsageError } from '../errors.ts';
import { ExecOutput } from '../exec-output.ts';
import { exitCodeOfChild } from '../exit-codes.ts';
import { helpNotes } from '../help-layout.ts';
import { MAX_TIME_LIMIT_MS, timeLimit } from '../option-values.ts';
import { findSessionId } from '../session-name.ts';
import { execLine } from '../shell-words.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

interface ExecOptions extends CommonOptions {
  readonly shell?: boolean;
  readonly timeout?: number;
}

/** How long after a signal what the command has still said may wait for a reader that does not read. */
const LAST_WORDS_MS = 1_000;

const NOTES = `
The program runs beside the one in the terminal, in the working directory and environment of the session, with an empty stdin.
Its stdout and stderr come out apart, byte for byte. Ctrl-C ends it with everything it has started; so does the end of sessionctl.

  sessionctl exec build -- git status        these very arguments, no shell
  sessionctl exec build --shell 'make | tail -n 3'`;

/** `exec`: runs something beside the program of a session. */
export const exec: CommandFactory = (execute) =>
  command('exec', 'Run a program in the folder and environment of a session, beside its terminal.')
    .argument('<session>', 'id, or a name that only one session has')
    .argument('<command...>', 'program and arguments, taken as they are; behind -- also those with a dash')
    .option('--shell', 'the words are a line of shell, as with ssh')
    .option('--timeout <time>', 'ends it with code 124 after so long: ms, or 5s, 2m, 1h; default: no limit', timeLimit)
    .addHelpText('after', helpNotes(NOTES))
    .action((session: string, words: readonly string[], _options: unknown, self: Command) =>
      execute((context) => beside(session, words, self.optsWithGlobals<ExecOptions>(), context)),
    );

function beside(session: string, words: readonly string[], options: ExecOptions, context: Context): Promise<number> {
  const line = options.shell === true ? words.join(' ') : execLine(words);
  if (line.trim() === '') throw new UsageError('Cannot exec: the line of shell is empty');
  return withDaemon(options, context, async ({ client }) => {
    const sessionId = await findSessionId(client, session);
    const id = `exec-${randomUUID()}`;
    const output = new ExecOutput(client, id, context, options.json === true);
    // If the daemon cannot be told, it ends with the connection.
    const interrupt = cancelOnSignal(client, id, context, () => output.stopWaiting());
    try {
      const data = await client.request(
        'bash',
        {
          id,
          sessionId,
          command: line,
          timeoutMs: options.timeout ?? MAX_TIME_LIMIT_MS,
          maxOutputBytes: 0,
          cancelOnDisconnect: true,
        },
        // The daemon ends it with the connection, and its output would be lost.
        { timeoutMs: Number.POSITIVE_INFINITY, signal: context.interruption.signal, sendAgain: false },
      );
      await output.flushed();
      if (options.json === true) await context.output.json(exitJson(data));
      return exitCodeOfChild({ ...data, reason: 'exited' });
    } catch (error) {
      if (isClientError(error, 'CANCELLED') && interrupt.by !== undefined) {
        const interrupted = new Interrupted(interrupt.by);
        setTimeout(() => context.interruption.fail(interrupted), LAST_WORDS_MS).unref();
        await output.flushed();
        throw interrupted;
      }
      await output.flushed();
      throw error;
    } finally {
      interrupt.stop();
      output.stop();
    }
  });
}

function exitJson({ exitCode, signal, totalBytes, durationMs }: BashData): object {
  return { type: 'exit', exitCode, signal, totalBytes, durationMs };
}
