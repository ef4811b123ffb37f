import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WireClient } from '@sessiond/testkit';
import pino from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AuthProvider } from '../src/auth/auth-provider.ts';
import { type Daemon, startDaemon } from '../src/compose.ts';
import { createSessionServer } from '../src/compose-runtime.ts';
import { type Config, resolveConfig } from '../src/config/config.ts';
import type { CreateRuntime } from '../src/runtime.ts';
import { ConnectedClients } from './connected-clients.ts';
import type { TerminalClient } from './terminal-client.ts';

type Message = Record<string, unknown>;

/** Everybody is who their token says. */
const nameAsToken: AuthProvider = {
  authenticate: async (request: IncomingMessage) => {
    const id = request.headers.authorization?.replace('Bearer ', '') ?? '';
    return { ok: true, principal: { id, scopes: ['*'] } };
  },
};

let dir: string;
/** The time of budgets and breakers, which stands still until a test moves it. */
let now: number;
let daemon: Daemon;
const clients = new ConnectedClients();
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-admission-'));
  now = 1_000_000;
});
afterEach(async () => {
  clients.cut();
  await daemon.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function start(limits: Partial<Config> = {}, createRuntime: CreateRuntime = createSessionServer): Promise<void> {
  const flags = { stateDir: join(dir, 'state'), port: 0, noSocket: true, graceMs: 0, ...limits };
  const { config } = resolveConfig({ flags, env: {}, file: null, homeDir: dir });
  const log = { logger: pino({ level: 'silent' }), droppedLines: () => 0, flush: () => {} };
  const env = { PATH: process.env['PATH'], HOME: dir };
  daemon = await startDaemon({ config, log, version: '0.0.0', env, auth: nameAsToken, now: () => now, createRuntime });
}

function connect(principal: string): Promise<TerminalClient> {
  return clients.connect({ url: daemon.url!, token: principal });
}

/** Lets what is sent meanwhile leave in one packet, so that the daemon has read all of it before it answers any. */
function inOnePacket<T>(client: TerminalClient, send: () => T): T {
  const socket = (client.wire.ws as unknown as { _socket: Socket })._socket;
  socket.cork();
  const sent = send();
  socket.uncork();
  return sent;
}

/** Commands that are sent without waiting for an answer; fewer than may be in flight in any of the tests. */
const AT_A_TIME = 10;

/** Sends a command again and again, and counts the answers by code. */
async function repeat(client: TerminalClient, times: number, type: string, fields: Message = {}): Promise<Message> {
  const counts: Record<string, number> = {};
  for (let sent = 0; sent < times; sent += AT_A_TIME) {
    const batch = Array.from({ length: Math.min(AT_A_TIME, times - sent) }, () => client.command(type, fields));
    for (const { code = 'OK' } of await Promise.all(batch)) counts[String(code)] = (counts[String(code)] ?? 0) + 1;
  }
  return counts;
}

it('[R12] refuses the 101st data command in a minute, says when to come back, and takes it then', async () => {
  await start();
  const client = await connect('ada');
  const sessionId = await client.run('cat', []);
  expect(await repeat(client, 110, 'create_session', { kind: 'pty', sessionId })).toEqual({
    SESSION_EXISTS: 99,
    RATE_LIMITED: 11,
  });
  const refusal = await client.command('create_session', { kind: 'pty', sessionId: 'other' });
  expect(refusal).toMatchObject({ success: false, code: 'RATE_LIMITED', details: { limiter: 'data' } });
  expect(refusal['retryAfterMs']).toBeGreaterThan(0);
  now += refusal['retryAfterMs'] as number;
  expect(await client.command('create_session', { kind: 'pty', sessionId: 'other' })).toMatchObject({ success: true });
});

it('[R12] refuses the 1,001st control command in a minute, and no data command because of it', async () => {
  await start();
  const client = await connect('ada');
  expect(await repeat(client, 1_050, 'list_sessions')).toEqual({ OK: 1_000, RATE_LIMITED: 50 });
  const refusal = await client.command('get_state', { sessionId: 'none' });
  expect(refusal).toMatchObject({ code: 'RATE_LIMITED', details: { limiter: 'control' } });
  expect(await client.run('true', [])).toEqual(expect.any(String));
  now += refusal['retryAfterMs'] as number;
  expect(await client.command('get_state', { sessionId: 'none' })).toMatchObject({ code: 'SESSION_NOT_FOUND' });
});

it('[R13] serves one principal while another has used up everything it may', async () => {
  await start({ totalCommandsPerMinute: 100, maxInflightPerPrincipal: 20, maxInflightCommands: 30 });
  const [ada, bob] = [await connect('ada'), await connect('bob')];
  const sessionId = await bob.run('cat', []);
  const waits = Array.from({ length: 20 }, () => ada.command('wait_for', { sessionId, exit: true }));
  expect(await ada.command('list_sessions')).toMatchObject({ code: 'QUEUE_FULL', details: { bulkhead: 'principal' } });
  expect(await bob.command('get_state', { sessionId })).toMatchObject({ success: true });
  await bob.ask('delete_session', { sessionId });
  expect((await Promise.all(waits)).every(({ success }) => success)).toBe(true);
  // 20 of its 50 are used; what was refused for want of a place has cost nothing.
  expect(await repeat(ada, 100, 'list_sessions')).toEqual({ OK: 30, RATE_LIMITED: 70 });
  expect(await ada.command('list_sessions')).toMatchObject({ details: { limiter: 'principal' } });
  const served = await bob.run('cat', []);
  expect(await bob.command('get_state', { sessionId: served })).toMatchObject({ success: true });
});

it('[R13] answers health and metrics when nothing else is answered', async () => {
  const nothing = { controlCommandsPerMinute: 0, dataCommandsPerMinute: 0, totalCommandsPerMinute: 0 };
  await start({ ...nothing, maxInflightCommands: 1, maxInflightPerPrincipal: 1 });
  const client = await connect('ada');
  const refusal = await client.command('list_sessions');
  expect(refusal).toMatchObject({ code: 'RATE_LIMITED' });
  expect(refusal).not.toHaveProperty('retryAfterMs');
  expect(await repeat(client, 2_000, 'health_check')).toEqual({ OK: 2_000 });
  const { checks } = await client.ask('health_check');
  expect(checks).toContainEqual({ name: 'breakers', status: 'ok' });
  const { limits, admission } = await client.ask('get_metrics');
  expect(limits).toMatchObject({ ...nothing, maxInflightCommands: 1, laneQueueCommands: 100, laneQueueMs: 30_000 });
  expect(admission).toMatchObject({
    limiters: [
      { name: 'data', limitPerMinute: 0 },
      { name: 'control' },
      { name: 'answers' },
      { name: 'principal' },
      { name: 'total' },
    ],
    bulkheads: [{ name: 'commands', limit: 1, usage: 0 }, { name: 'principal' }, { name: 'lane' }],
    breakers: [
      { name: 'spawn', state: 'closed' },
      { name: 'bash', state: 'closed' },
      { name: 'provider', state: 'closed' },
    ],
  });
});

it('[R13] answers health on a connection that has as many commands unanswered as it may', async () => {
  await start();
  const client = await connect('ada');
  const sessionId = await client.run('cat', []);
  const waits = Array.from({ length: 100 }, () => client.command('wait_for', { sessionId, exit: true }));
  expect(await client.command('list_sessions')).toMatchObject({ code: 'QUEUE_FULL' });
  expect(await client.command('health_check')).toMatchObject({ success: true });
  expect(await client.command('get_metrics')).toMatchObject({ success: true });
  const other = await connect('ada');
  await other.ask('delete_session', { sessionId });
  expect((await Promise.all(waits)).every(({ success }) => success)).toBe(true);
});

it('[R13] answers health without looking at every session: what is never limited costs the same however many there are', async () => {
  const looks: string[] = [];
  await start({ alertIntervalMs: 30_000 }, (options) => {
    const runtime = createSessionServer(options);
    const { host } = runtime;
    for (const name of ['list', 'counts'] as const) {
      const look: () => unknown = host[name].bind(host);
      const observed = (): unknown => {
        looks.push(name);
        return look();
      };
      Object.assign(host, { [name]: observed });
    }
    return runtime;
  });
  const client = await connect('ada');
  await client.run('cat', []);
  await client.run('cat', []);
  looks.length = 0;
  expect(await client.ask('health_check')).toMatchObject({ sessions: { pty: 2, agent: 0 } });
  expect(looks).toEqual([]);
  await client.ask('list_sessions');
  expect(looks).toEqual(['list']);
});

it('[R13] answers health to a client that does not read, and nothing else', async () => {
  let unreadBytes = 0;
  await start({}, (options) => {
    const runtime = createSessionServer(options);
    const accept = runtime.accept.bind(runtime);
    runtime.accept = (transport, principal) => {
      Object.defineProperty(transport, 'bufferedBytes', { get: () => unreadBytes });
      accept(transport, principal);
    };
    return runtime;
  });
  const client = await connect('ada');
  await client.ask('health_check');
  unreadBytes = 5 * 1024 * 1024;
  const answers = inOnePacket(client, () => [
    client.command('list_sessions'),
    client.command('get_metrics'),
    client.command('health_check'),
  ]);
  const full = { success: false, code: 'QUEUE_FULL', details: { bulkhead: 'connection' } };
  expect(await Promise.all(answers)).toMatchObject([full, full, { success: true }]);
});

it('[R13] answers with all metrics a few times at once, and does not make everybody wait for more', async () => {
  await start();
  const client = await connect('ada');
  const asked = inOnePacket(client, () => Array.from({ length: 20 }, () => client.command('get_metrics')));
  const answers = await Promise.all(asked);
  expect(answers.filter(({ success }) => success)).toHaveLength(4);
  expect(answers.at(-1)).toMatchObject({ code: 'QUEUE_FULL', details: { bulkhead: 'connection' } });
  expect(await client.command('get_metrics')).toMatchObject({ success: true });
});

it('[R13] takes a cancellation when it takes nothing else, and with it gets room', async () => {
  await start({ controlCommandsPerMinute: 1, maxInflightPerPrincipal: 1 });
  const [ada, other] = [await connect('ada'), await connect('ada')];
  const sessionId = await ada.run('cat', []);
  const wait = ada.command('wait_for', { id: 'wait', sessionId, exit: true });
  expect(await ada.command('get_state', { sessionId })).toMatchObject({ code: 'RATE_LIMITED' });
  expect(await ada.command('create_session', { kind: 'pty' })).toMatchObject({ code: 'QUEUE_FULL' });
  expect(await other.ask('cancel_command', { commandId: 'wait' })).toEqual({ commandId: 'wait', cancelled: true });
  expect(await wait).toMatchObject({ code: 'CANCELLED' });
  expect(await ada.run('true', [])).toEqual(expect.any(String));
  expect(await other.ask('cancel_command', { commandId: 'wait' })).toMatchObject({ cancelled: false });
});

it('limits nothing that is switched off', async () => {
  const off = { dataCommandsPerMinute: 'off', controlCommandsPerMinute: 'off', totalCommandsPerMinute: 'off' };
  await start(off as unknown as Partial<Config>);
  const client = await connect('ada');
  expect(await repeat(client, 3_000, 'list_sessions')).toEqual({ OK: 3_000 });
  expect((await client.ask('get_metrics'))['limits']).toMatchObject({ controlCommandsPerMinute: null });
});

it('[R12] never runs a command that is cancelled while it waits in its lane', async () => {
  await start();
  const client = await connect('ada');
  const create = { kind: 'pty', sessionId: 'lane', pty: { command: 'cat' } };
  // All in one packet: the second is still behind the first when the third arrives.
  const answers = inOnePacket(client, () => [
    client.command('create_session', create),
    client.command('create_session', { ...create, id: 'second' }),
    client.command('cancel_command', { commandId: 'second' }),
  ]);
  expect(await Promise.all(answers)).toMatchObject([
    { success: true },
    // It would have answered that the session exists.
    { success: false, code: 'CANCELLED' },
    { success: true, data: { cancelled: true } },
  ]);
});

it('reads a paste no faster than it may, loses none of it, and slows nobody else down', async () => {
  const MIB = 1024 * 1024;
  await start({ inputBytesPerSecond: 4 * MIB, heartbeatMs: 500, heartbeatTimeoutMs: 400 });
  const [typist, other] = [await connect('ada'), await connect('ada')];
  const pasted = Buffer.from(Array.from({ length: 10 * MIB }, (_, at) => (at * 31) & 0xff));
  const sessionId = await typist.runRaw(`echo ready; head -c ${pasted.length} | sha256sum; cat`);
  await typist.ask('wait_for', { sessionId, text: 'ready' });
  const terminal = await WireClient.connect({
    url: daemon.url!,
    token: 'ada',
    path: `/v1/sessions/${sessionId}/terminal`,
  });
  const sum = createHash('sha256').update(pasted).digest('hex');
  const since = performance.now();
  const arrived = typist.ask('wait_for', { sessionId, text: sum });
  for (let at = 0; at < pasted.length; at += 65_536) terminal.send(pasted.subarray(at, at + 65_536));
  let isOver = false;
  void arrived.then(() => {
    isOver = true;
  });
  let rounds = 0;
  // Of the thousand that it may ask for in a minute.
  for (; !isOver && rounds < 900; rounds += 1) await other.ask('get_state', { sessionId });
  await arrived;
  expect(rounds).toBeGreaterThan(5);
  // A bucket of four at once, six at four a second.
  expect(performance.now() - since).toBeGreaterThan(1_400);
  expect(terminal.ws.readyState).toBe(terminal.ws.OPEN);
  terminal.ws.terminate();
});

it('does not take a client for lost that it reads nothing from, and answers it afterwards', async () => {
  const KIB = 1024;
  await start({ inputBytesPerSecond: 64 * KIB, heartbeatMs: 500, heartbeatTimeoutMs: 400 });
  const [slowed, other] = [await connect('ada'), await connect('ada')];
  const since = performance.now();
  // A debt of 128 KiB: two seconds in which nobody listens to it, twice as long as one that is silent is kept.
  const large = slowed.command('get_state', { sessionId: 'none', padding: 'x'.repeat(192 * KIB) });
  expect(await large).toMatchObject({ code: 'SESSION_NOT_FOUND' });
  let isAnswered = false;
  const behind = slowed.command('health_check').finally(() => {
    isAnswered = true;
  });
  expect(await other.command('health_check')).toMatchObject({ success: true });
  expect(isAnswered).toBe(false);
  expect(await behind).toMatchObject({ success: true });
  expect(performance.now() - since).toBeGreaterThan(1_900);
});

it('notices that a client is gone of which it reads nothing for a long time', async () => {
  const KIB = 1024;
  await start({ inputBytesPerSecond: 64 * KIB, heartbeatMs: 500, heartbeatTimeoutMs: 400 });
  const [slowed, other] = [await connect('ada'), await connect('ada')];
  // A debt of more than ten seconds.
  expect(await slowed.command('get_state', { sessionId: 'none', padding: 'x'.repeat(800 * KIB) })).toBeDefined();
  // More than is read ahead, so that the end of the connection lies behind what nobody reads.
  slowed.wire.send('x'.repeat(200 * KIB));
  for (let round = 0; round < 10; round += 1) await other.ask('health_check');
  slowed.cut();
  const since = performance.now();
  while ((await other.ask('health_check'))['connections'] !== 1) await new Promise(setImmediate);
  // Long before the debt is paid.
  expect(performance.now() - since).toBeLessThan(9_000);
});
