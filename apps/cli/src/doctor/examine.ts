import { type Client, ConnectError } from '@sessiond/client';
import { connect, type NodeDialOptions } from '@sessiond/client/node';
import { isProtocolError, PROTOCOL_VERSION } from '@sessiond/protocol/client';
import type { Context } from '../context.ts';
import { findTarget, stateDir, storedToken, type TargetOptions } from '../discovery.ts';
import { UsageError } from '../errors.ts';
import { probe } from '../http-probe.ts';
import type { Approach, DaemonFacts, Examined } from './examined.ts';
import type { Machine } from './machine.ts';
import { trySession } from './trial.ts';

const CONNECT_MS = 5_000;
/** Where a daemon listens when nobody says otherwise. */
const DEFAULT_URL = 'ws://127.0.0.1:3141';

/** What to look for, and whether to start a session. */
export interface ExamineOptions extends TargetOptions {
  readonly session: boolean;
}

/**
 * Collects everything that the checks go by: looks for the daemon, asks it how it is, and has it start a session for a moment.
 *
 * @throws UsageError as `findTarget` does, and the reason of the interruption; whatever is wrong with the daemon is a fact, not an error.
 */
export async function examine(options: ExamineOptions, context: Context, machine: Machine): Promise<Examined> {
  const { addresses, isLocal } = findTarget(options, context);
  const approaches: Approach[] = [];
  let daemon: DaemonFacts | undefined;
  for (const address of addresses) {
    const { approach, client } = await goTo(address, context);
    approaches.push(approach);
    if (client === undefined) continue;
    daemon = await interview(client, approach, options, context, machine);
    break;
  }
  if (approaches.every(({ transport }) => transport === 'socket')) {
    approaches.push(await goToDefaultUrl(options, context, daemon?.pid));
  }
  return {
    machine,
    env: context.env,
    homeDir: context.homeDir,
    clientVersion: context.version,
    protocolVersion: PROTOCOL_VERSION,
    isInteractive: context.isInteractive,
    isLocal,
    stateDir: stateDir(context),
    approaches,
    daemon,
  };
}

async function goTo(
  address: NodeDialOptions,
  context: Context,
): Promise<{ readonly approach: Approach; readonly client?: Client }> {
  const { signal } = context.interruption;
  const found = {
    address: address.socketPath ?? withoutUser(address.url),
    transport: address.socketPath === undefined ? 'tcp' : 'socket',
  } as const;
  try {
    const client = await connect({
      ...address,
      clientName: `sessionctl/${context.version}`,
      connectTimeoutMs: CONNECT_MS,
      reconnect: false,
      signal,
    });
    return { approach: { ...found, listener: await identify(address), outcome: { kind: 'open' } }, client };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TypeError) throw new UsageError(error.message);
    if (!(error instanceof ConnectError)) throw error;
    const { failure, message } = error;
    return {
      approach: { ...found, listener: await identify(address), outcome: { kind: 'refused', failure, message } },
    };
  }
}

/** Goes where a daemon of this user listens over TCP by default, unless somebody else is there. */
async function goToDefaultUrl(options: TargetOptions, context: Context, pid: number | undefined): Promise<Approach> {
  const listener = await identify({ url: DEFAULT_URL });
  if (listener.kind !== 'daemon' || (pid !== undefined && listener.pid !== pid)) {
    return { address: DEFAULT_URL, transport: 'tcp', listener, outcome: { kind: 'untried' } };
  }
  const token = options.token ?? (context.env['SESSIOND_TOKEN'] || storedToken(context));
  const { approach, client } = await goTo({ url: DEFAULT_URL, token }, context);
  await client?.close();
  return approach;
}

async function interview(
  client: Client,
  { listener }: Approach,
  { session }: ExamineOptions,
  context: Context,
  machine: Machine,
): Promise<DaemonFacts> {
  const { signal } = context.interruption;
  const { serverVersion, protocolVersion, transports } = client.server;
  try {
    const health = await unlessForbidden(client.request('health_check', {}, { signal }));
    const askedMs = machine.now();
    const metrics = await unlessForbidden(client.request('get_metrics', {}, { signal }));
    const clockMs = (askedMs + machine.now()) / 2;
    return {
      pid: listener.kind === 'daemon' ? listener.pid : undefined,
      serverVersion,
      protocolVersion,
      transports,
      health,
      limits: metrics?.limits,
      clockAheadMs: metrics === undefined ? undefined : Date.parse(metrics.capturedAt) - clockMs,
      trial: session ? await trySession(client, signal) : { kind: 'untried', reason: '--no-session was given' },
    };
  } finally {
    await client.close();
  }
}

/** What the daemon answers; `undefined` if this client may not ask that. */
async function unlessForbidden<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isProtocolError(error) && error.code === 'FORBIDDEN') return undefined;
    throw error;
  }
}

async function identify(address: NodeDialOptions): Promise<Approach['listener']> {
  const answer = await probe(address, '/healthz');
  if (answer.kind !== 'answer') return { kind: answer.kind };
  const { status, pid } = answer.body;
  return status === 'alive' && typeof pid === 'number' && Number.isSafeInteger(pid)
    ? { kind: 'daemon', pid }
    : { kind: 'unknown' };
}

function withoutUser(text: string): string {
  const url = new URL(text);
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
}
