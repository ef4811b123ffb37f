import type { AgentSessionState, PtySessionState, SessionState, SignalDelivery } from '@sessiond/protocol';
import type { Command } from 'commander';
import { withDaemon } from '../connect.ts';
import type { Context } from '../context.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { printable } from '../output.ts';
import { countText } from '../quantity-text.ts';
import { findSessionId } from '../session-name.ts';
import { commandText, stateText } from '../session-text.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

/** `info`: one session in full, with its history. */
export const info: CommandFactory = (execute) =>
  command('info', 'Show everything about a session except its output.')
    .argument('<session>', 'id, or a name that only one session has')
    .action((session: string, _options: unknown, self: Command) =>
      execute((context) => show(session, self.optsWithGlobals<CommonOptions>(), context)),
    );

function show(session: string, options: CommonOptions, context: Context): Promise<number> {
  return withDaemon(options, context, async ({ client }) => {
    const sessionId = await findSessionId(client, session);
    const state = await client.request('get_state', { sessionId });
    if (options.json === true) await context.output.json(state);
    else {
      for (const [label, value] of facts(state)) await context.output.line(`${label.padEnd(10)}${printable(value)}`);
    }
    return EXIT_CODES.ok;
  });
}

type Fact = readonly [label: string, value: string];

function facts(session: SessionState): Fact[] {
  return [
    ['id', session.sessionId],
    ...(session.name === undefined ? [] : [['name', session.name] satisfies Fact]),
    ['owner', session.owner],
    ['state', stateText(session)],
    [session.kind === 'pty' ? 'command' : 'agent', commandText(session)],
    ['cwd', session.cwd],
    ['pid', session.pid === undefined ? '-' : `${session.pid}`],
    ['labels', `lane ${session.laneId}, terminal ${session.terminalId}`],
    ['created', session.createdAt],
    ['stopped', session.stoppedAt ?? '-'],
    ['attached', `${session.attached}`],
    ['kept for', `${seconds(session.retention.afterExitMs)} after the end`],
    ...(session.kind === 'pty' ? terminalFacts(session) : agentFacts(session)),
    ...history(
      'life',
      session.transitions.map(({ ts, from, to, cause }) => `${ts}  ${from} to ${to} (${cause})`),
    ),
    ...(session.kind === 'pty' ? history('signals', session.signals.map(signalText)) : []),
  ];
}

function agentFacts(session: AgentSessionState): Fact[] {
  return [
    ['last', session.lastEventAt ?? '-'],
    ['events', `numbers ${session.start} to ${session.end}`],
    ['dialogs', `${session.pendingDialogs} wait for an answer`],
    ['restarts', `${session.restarts}`],
    ['file', session.sessionFile ?? '-'],
    ...(session.lastError === undefined ? [] : [['error', session.lastError] satisfies Fact]),
  ];
}

function terminalFacts(session: PtySessionState): Fact[] {
  const { start, end, stats } = session;
  return [
    ['size', `${session.cols}x${session.rows}`],
    ['last', session.lastOutputAt ?? '-'],
    [
      'output',
      `offsets ${start} to ${end}, ${grouped(end - start)} bytes kept of ${grouped(session.bufferBytes)} at most`,
    ],
    ['behind', `${percent(stats.currentUtilization)} of the buffer is not delivered yet`],
    [
      'overflow',
      `${session.overflow}, ${grouped(stats.totalDropped)} bytes dropped in ${countText(stats.overflowEvents, 'overflow')}`,
    ],
    ['idle', idleText(session.idleTimeoutMs)],
    ['grace', `${seconds(session.gracePeriodMs)} from SIGTERM to SIGKILL`],
  ];
}

/** One line each, the first one with the label. */
function history(label: string, lines: readonly string[]): Fact[] {
  return lines.map((line, index) => [index === 0 ? label : '', line]);
}

function signalText({ ts, signal, outcome, pid, error }: SignalDelivery): string {
  return `${ts}  ${signal} ${outcome}, process group ${pid}${error === undefined ? '' : `: ${error}`}`;
}

function idleText(idleTimeoutMs: number | null): string {
  return idleTimeoutMs === null ? 'never throttled' : `throttled after ${seconds(idleTimeoutMs)} without output`;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

function seconds(ms: number): string {
  return `${grouped(ms / 1_000)} s`;
}

function percent(share: number): string {
  return `${(share * 100).toLocaleString('en-US', { maximumFractionDigits: 1 })} %`;
}
