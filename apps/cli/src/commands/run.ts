import type { Client } from '@sessiond/client';
import type { OverflowPolicy, PtyOptions } from '@sessiond/protocol';
import { type Command, Option } from 'commander';
import { withDaemon } from '../connect.ts';
import type { Context } from '../context.ts';
import { DEFAULT_DETACH_KEYS, parseDetachKeys } from '../detach-keys.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { helpNotes } from '../help-layout.ts';
import { runInteractive } from '../interactive-session.ts';
import { bytes, cells, durationOrNever, variable } from '../option-values.ts';
import { runPiped } from '../piped-session.ts';
import { windowSize } from '../terminal.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

interface RunOptions extends CommonOptions {
  readonly id?: string;
  readonly name?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly rows?: number;
  readonly cols?: number;
  readonly detach?: boolean;
  readonly overflow?: OverflowPolicy;
  readonly bufferBytes?: number;
  readonly idleTimeout?: number | null;
  readonly detachKeys: string;
  readonly eof: boolean;
}

const NOTES = `
At a terminal, keys go to the program as they are typed; ctrl-] then d detaches and leaves it running. Otherwise stdin is
typed into the program's terminal, its end as Ctrl-D, and output comes out byte for byte; SIGINT and SIGTERM are passed on.

The program sees none of the caller's environment except TERM and what --env passes on.`;

/** `run`: starts a session and stays with it. */
export const run: CommandFactory = (execute, env) =>
  command('run', 'Start a program in a new session and stay with it, or leave it with --detach.')
    .argument('[command...]', 'program and arguments; default: your shell')
    .option('--id <id>', 'session id; default: one that sorts by time')
    .option('--name <name>', 'name for people')
    .option('--cwd <folder>', 'working directory; default: this one, if the daemon is on this machine')
    .option('--env <name=value>', 'set a variable, or pass one on with its name alone; repeatable', variable(env))
    .option('--cols <n>', 'columns; default: those of the window, else 80', cells)
    .option('--rows <n>', 'rows; default: those of the window, else 24', cells)
    .option('-d, --detach', 'print the id and leave')
    .addOption(
      new Option(
        '--overflow <policy>',
        'what happens to output nobody takes; default: pause when stdout is no terminal, else drop-oldest',
      ).choices(['drop-oldest', 'pause']),
    )
    .option('--buffer-bytes <n>', 'output kept by the daemon, such as 4MiB', bytes)
    .option(
      '--idle-timeout <ms>',
      "silence after which it counts as throttled, or never; default: the daemon's",
      durationOrNever,
    )
    .option('--detach-keys <keys>', 'keys that detach; empty for none', DEFAULT_DETACH_KEYS)
    .option('--no-eof', 'type nothing at the end of stdin')
    .passThroughOptions()
    .addHelpText('after', helpNotes(NOTES))
    .action((words: readonly string[], _options: unknown, self: Command) =>
      execute((context) => start(words, self.optsWithGlobals<RunOptions>(), context)),
    );

async function start(words: readonly string[], options: RunOptions, context: Context): Promise<number> {
  const detachKeys = parseDetachKeys(options.detachKeys);
  return withDaemon(options, context, async ({ client, isLocal }) => {
    const sessionId = await createSession(client, words, options, context, isLocal);
    if (options.detach === true) {
      if (options.json === true) await context.output.json(await client.request('get_state', { sessionId }));
      else await context.output.line(sessionId);
      return EXIT_CODES.ok;
    }
    const from = 'start';
    const role = 'driver';
    if (context.isInteractive && options.json !== true) {
      return runInteractive(context, client, { sessionId, from, role, detachKeys, redraw: false });
    }
    const json = options.json === true;
    if (json) await context.output.json({ type: 'session', sessionId });
    const eof = options.eof ? 'ctrl-d' : 'none';
    return runPiped(context, client, { sessionId, from, role, feed: true, eof, passSignals: true, json });
  });
}

async function createSession(
  client: Client,
  [program, ...args]: readonly string[],
  options: RunOptions,
  context: Context,
  isLocal: boolean,
): Promise<string> {
  const window = context.screen.isTTY ? windowSize(context) : undefined;
  const cols = options.cols ?? window?.cols;
  const rows = options.rows ?? window?.rows;
  const term = context.isInteractive ? context.env['TERM'] : undefined;
  const overflow = options.overflow ?? (window === undefined && options.detach !== true ? 'pause' : undefined);
  const cwd = options.cwd ?? (isLocal ? '.' : undefined);
  const pty: PtyOptions = {
    ...(program !== undefined && { command: program, args }),
    ...(cols !== undefined && { cols }),
    ...(rows !== undefined && { rows }),
    ...(term !== undefined && { term }),
    ...(overflow !== undefined && { overflow }),
    ...(options.bufferBytes !== undefined && { bufferBytes: options.bufferBytes }),
    ...(options.idleTimeout !== undefined && { idleTimeoutMs: options.idleTimeout }),
  };
  const { sessionId } = await client.request(
    'create_session',
    {
      kind: 'pty',
      pty,
      ...(options.id !== undefined && { sessionId: options.id }),
      ...(options.name !== undefined && { name: options.name }),
      ...(cwd !== undefined && { cwd: isLocal ? context.resolvePath(cwd) : cwd }),
      ...(options.env !== undefined && { env: options.env }),
    },
    { signal: context.interruption.signal },
  );
  return sessionId;
}
