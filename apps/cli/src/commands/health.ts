import { setTimeout as delay } from 'node:timers/promises';
import { ConnectError } from '@sessiond/client';
import type { ResponseDataOf } from '@sessiond/protocol/client';
import type { Command } from 'commander';
import { withDaemon } from '../connect.ts';
import type { Context } from '../context.ts';
import { findTarget } from '../discovery.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { helpNotes } from '../help-layout.ts';
import { probe } from '../http-probe.ts';
import { wholeNumber } from '../option-values.ts';
import { printable } from '../output.ts';
import { countText, durationText } from '../quantity-text.ts';
import { type CommandFactory, type CommonOptions, command } from './command.ts';

interface HealthOptions extends CommonOptions {
  readonly wait?: number | true;
}

type Health = ResponseDataOf<'health_check'>;
/** A daemon that is ending and no longer lets anybody in says no more than that. */
type Condition = Health | { readonly status: 'draining' };

const DEFAULT_WAIT_MS = 30_000;
/** How often a daemon that is not ready is asked again. */
const RETRY_MS = 200;
/** Without a time to wait, an attempt takes no longer. */
const CONNECT_MS = 10_000;

const NOTES = `
Ends with 0 if all is well, 1 if the daemon works and somebody should look (degraded), 75 if it is ending or lets nobody in for now, 69 if it cannot be reached.`;

/** `health`: how the daemon is, for people and for scripts that wait for it. */
export const health: CommandFactory = (execute) =>
  command('health', 'Say how the daemon is and how its parts are.')
    .option('--wait [ms]', 'until it is ready for work, so many milliseconds at most; default: 30000', wholeNumber)
    .addHelpText('after', helpNotes(NOTES))
    .action((_options: unknown, self: Command) =>
      execute((context) => tell(self.optsWithGlobals<HealthOptions>(), context)),
    );

async function tell(options: HealthOptions, context: Context): Promise<number> {
  const waitMs = options.wait === true ? DEFAULT_WAIT_MS : (options.wait ?? 0);
  const condition = await untilReady(options, context, waitMs);
  if (options.json === true) await context.output.json(condition);
  else for (const line of sentences(condition)) await context.output.line(line);
  switch (condition.status) {
    case 'ok':
      return EXIT_CODES.ok;
    case 'degraded':
      return EXIT_CODES.failed;
    case 'draining':
      return EXIT_CODES.busy;
  }
}

/** The condition of the daemon once it is ready, or when the time is over. @throws ConnectError when it cannot be reached until then. */
async function untilReady(options: HealthOptions, context: Context, waitMs: number): Promise<Condition> {
  const deadlineMs = performance.now() + waitMs;
  for (;;) {
    const leftMs = deadlineMs - performance.now();
    try {
      const condition = await look(options, context, waitMs === 0 ? CONNECT_MS : Math.max(leftMs, RETRY_MS));
      if (condition.status !== 'draining' || leftMs <= 0) return condition;
    } catch (error) {
      if (!isWorthAnotherTry(error) || leftMs <= 0) throw error;
    }
    const { signal } = context.interruption;
    await delay(Math.min(RETRY_MS, leftMs), undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

async function look(options: HealthOptions, context: Context, connectTimeoutMs: number): Promise<Condition> {
  const { signal } = context.interruption;
  try {
    // Of a daemon that goes while it is asked, that is what there is to tell.
    const limits = { signal, sendAgain: false };
    return await withDaemon(options, context, ({ client }) => client.request('health_check', {}, limits), {
      connectTimeoutMs,
    });
  } catch (error) {
    if (error instanceof ConnectError && (await isDraining(options, context))) return { status: 'draining' };
    throw error;
  }
}

/** Whether a daemon that lets nobody in any more says that this is because it is ending. */
async function isDraining(options: HealthOptions, context: Context): Promise<boolean> {
  for (const address of findTarget(options, context).addresses) {
    const answer = await probe(address, '/readyz');
    const reasons = answer.kind === 'answer' ? answer.body['reasons'] : undefined;
    if (Array.isArray(reasons) && reasons.includes('draining')) return true;
  }
  return false;
}

function isWorthAnotherTry(error: unknown): boolean {
  return error instanceof ConnectError && ['unreachable', 'timeout', 'busy'].includes(error.failure);
}

function sentences(condition: Condition): string[] {
  if (!('checks' in condition)) return ['The daemon is ending and lets nobody in any more.'];
  const { status, serverVersion, protocolVersion, uptimeMs, sessions, connections, checks } = condition;
  const how = { ok: 'is well', degraded: 'works, but somebody should look', draining: 'is ending' }[status];
  const count = sessions.pty + sessions.agent;
  const width = Math.max(...checks.map((check) => check.status.length));
  return [
    `sessiond ${printable(serverVersion)} ${how}. It speaks protocol ${printable(protocolVersion)} and has been up for ${durationText(uptimeMs)}.`,
    `It has ${countText(count, 'session')} and ${countText(connections, 'connection')}, this one included.`,
    ...checks.map(({ name, status: state, message }) =>
      printable(`  ${state.padEnd(width)}  ${name}${message === undefined ? '' : `: ${message}`}`),
    ),
  ];
}
