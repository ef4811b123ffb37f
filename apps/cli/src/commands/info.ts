import type { SessionInfo } from '@sessiond/protocol';
import type { Command } from 'commander';
import { withDaemon } from '../connect.ts';
import type { Context } from '../context.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { printable } from '../output.ts';
import { commandText, stateText } from '../session-text.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

/** `info`: one session in full. */
export const info: CommandFactory = (execute) =>
  command('info', 'Show everything about a session except its output.')
    .argument('<id>', 'session')
    .action((sessionId: string, _options: unknown, self: Command) =>
      execute((context) => show(sessionId, self.optsWithGlobals<CommonOptions>(), context)),
    );

function show(sessionId: string, options: CommonOptions, context: Context): Promise<number> {
  return withDaemon(options, context, async ({ client }) => {
    const session = await client.request('get_state', { sessionId });
    if (options.json === true) await context.output.json(session);
    else {
      for (const [label, value] of facts(session)) await context.output.line(`${label.padEnd(10)}${printable(value)}`);
    }
    return EXIT_CODES.ok;
  });
}

function facts(session: SessionInfo): [label: string, value: string][] {
  const { start, end, stats, retention } = session;
  const bytes = (value: number): string => value.toLocaleString('en-US');
  return [
    ['id', session.sessionId],
    ...(session.name === undefined ? [] : ([['name', session.name]] as [string, string][])),
    ['state', stateText(session)],
    ['command', commandText(session)],
    ['cwd', session.cwd],
    ['pid', session.pid === undefined ? '-' : `${session.pid}`],
    ['size', `${session.cols}x${session.rows}`],
    ['created', session.createdAt],
    ['last', session.lastOutputAt ?? '-'],
    ['stopped', session.stoppedAt ?? '-'],
    ['attached', `${session.attached}`],
    ['output', `offsets ${start} to ${end}, ${bytes(end - start)} bytes kept of ${bytes(session.bufferBytes)} at most`],
    ['overflow', `${session.overflow}, ${bytes(stats.totalDropped)} bytes dropped`],
    ['kept for', `${retention.afterExitMs / 1_000} s after the end`],
  ];
}
