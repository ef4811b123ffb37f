import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect as connectSocket } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { StartedDaemons, spawnDaemon, type TestDaemon, WireClient } from '@sessiond/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectedClients } from './connected-clients.ts';
import { httpGet } from './http-get.ts';
import { MetricMoves, type Sample } from './metric-moves.ts';
import type { TerminalClient } from './terminal-client.ts';

/** What only a defect moves, and where it is proven that such a defect would show. */
const MOVED_BY_DEFECTS = [
  'sessiond.pty.listener.failures' /* telemetry.test.ts */,
  'sessiond.contained.failures' /* crash-policy.test.ts */,
  'sessiond.journal.failed' /* telemetry.test.ts */,
  'sessiond.journal.failures' /* telemetry.test.ts */,
];
/** What takes several principals, which this daemon does not have: one alone does not open the breaker of all. */
const MOVED_BY_MANY = ['sessiond.breaker.status' /* default-alerts.test.ts */];
/** What moves only while something is written, which a scrape sees or not. */
const MOVED_BY_CHANCE = ['sessiond.journal.queued' /* telemetry.test.ts */];
/** What the configuration says and nothing changes. */
const CONSTANT = ['sessiond.limit', 'sessiond.bulkhead.limit'];

let dir: string;
const clients = new ConnectedClients();
const daemons = new StartedDaemons();
let receiver: Server;
let posted: { rule: string; kind: string }[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-metrics-'));
  posted = [];
  receiver = createServer(async (request, response) => {
    posted.push((await json(request)) as { rule: string; kind: string });
    response.end();
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
});
afterEach(async () => {
  clients.cut();
  await daemons.stop();
  receiver.close();
  receiver.closeAllConnections();
  rmSync(dir, { recursive: true });
});

function start(...flags: string[]): Promise<TestDaemon> {
  return daemons.start({ stateDir: join(dir, 'state'), flags });
}

function connect({ socketPath }: Pick<TestDaemon, 'socketPath'>): Promise<TerminalClient> {
  return clients.connect({ socketPath });
}

/** Asks until it holds; the time limit of the test is the only other end. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(10);
}

const amount = (samples: readonly Sample[], name: string, labels: Record<string, string> = {}): number =>
  samples.find(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  )?.value ?? Number.NaN;

/** Leaves a program behind that ignores that its terminal is gone. */
async function leaveOrphan(): Promise<void> {
  const daemon = await start();
  const driver = await connect(daemon);
  const sessionId = await driver.run('/bin/sh', ['-c', "trap '' HUP TERM; echo up; while :; do sleep 0.2; done"]);
  await driver.ask('wait_for', { sessionId, text: 'up' });
  driver.cut();
  await daemon.kill();
}

/** A daemon with two places: the second client gives no sign of life, and the third has to leave. */
async function crowd(moves: MetricMoves): Promise<void> {
  const flags = ['--max-connections', '2', '--heartbeat-ms', '1000', '--heartbeat-timeout-ms', '1000'];
  const daemon = await daemons.start({ flags });
  const [driver, deaf] = [await connect(daemon), await WireClient.connect({ socketPath: daemon.socketPath })];
  expect((await (await WireClient.connect({ socketPath: daemon.socketPath })).closed).code).toBe(1013);
  deaf.ws.pause();
  await until(async () => amount(await moves.ask(driver), 'sessiond.connection.lost') > 0);
  expect(amount(await moves.ask(driver), 'sessiond.connection.refusals', { reason: 'limit' })).toBe(1);
  await moves.scrape(daemon.socketPath);
  deaf.ws.terminate();
}

/** Sets the soft limit on descriptors of a daemon. */
function limitDescriptors({ pid }: TestDaemon, limit: number): boolean {
  return spawnSync('sh', ['-c', `prlimit --pid ${pid} --nofile=${limit}:`]).status === 0;
}

describe('the metrics of a daemon', () => {
  it('[M01] are all really emitted: whatever happens moves some of them, and everything moves all', async (context) => {
    await leaveOrphan();
    const { port } = receiver.address() as AddressInfo;
    const daemon = await start(
      ...['--buffer-bytes', '64KiB', '--lane-queue-commands', '1', '--spawn-pause-ms', '1000'],
      ...['--spawn-failures-per-principal', '1', '--spawn-failures-total', '5', '--data-commands-per-minute', 'off'],
      ...[
        '--max-outcomes',
        '50',
        '--max-idempotency-keys',
        '1',
        '--agent-backends',
        'fake',
        '--agent-log-events',
        '16',
      ],
      ...['--alert-interval-ms', '100', '--alert-webhook', `http://127.0.0.1:${port}/`],
    );
    const { socketPath, url } = daemon;
    const moves = new MetricMoves();
    await moves.scrape(socketPath);
    const driver = await connect(daemon);
    const first = await moves.ask(driver);
    for (const name of CONSTANT) expect(amount(first, name), name).toBeGreaterThan(0);

    // A terminal: typed into, acknowledged late, overtaken by a flood.
    const script = 'echo raw; head -c 20000 >/dev/null; head -c 1000000 /dev/zero; echo end; read line';
    const sessionId = await driver.runRaw(script);
    await driver.ask('wait_for', { sessionId, text: 'raw' });
    const log = await driver.attach(sessionId, { window: 8_192 });
    driver.input(log, 0, Buffer.alloc(20_000));
    await log.until(() => log.inputAcknowledged === 20_000 && log.offset >= 8_192);
    await driver.ask('wait_for', { sessionId, text: 'end' });
    const flooded = await moves.ask(driver);
    expect(amount(flooded, 'sessiond.pty.backpressure', { state: 'on' })).toBe(1);
    expect(amount(flooded, 'sessiond.connection.window.usage')).toBe(8_192);
    expect(amount(flooded, 'sessiond.pty.io', { direction: 'write' })).toBe(20_000);
    await moves.scrape(socketPath);
    while (log.gaps.length === 0 || log.offset < 1_000_000) {
      const { offset } = log;
      driver.acknowledge(log);
      await log.until(() => log.offset > offset);
    }

    // A client that does not read, and one of raw bytes.
    const stalled = await connect(daemon);
    const flood = await stalled.runRaw('read line; while :; do head -c 65536 /dev/zero; done');
    await stalled.attach(flood);
    stalled.wire.ws.pause();
    const raw = await WireClient.connect({ socketPath, path: `/v1/sessions/${flood}/terminal` });
    raw.send('\n');
    await raw.next();
    await until(async () => amount(await moves.ask(driver), 'sessiond.connection.buffered.max') > 0);
    await moves.scrape(socketPath);
    raw.ws.terminate();
    stalled.cut();
    await driver.ask('delete_session', { sessionId: flood, gracePeriodMs: 0 });
    await driver.ask('delete_session', { sessionId, gracePeriodMs: 0 });

    // Commands that wait, are refused, or are sent in vain.
    const waiting = driver.command('wait_for', {
      sessionId: await driver.run('true', []),
      text: 'x',
      timeoutMs: 2_000,
    });
    const busy = await driver.run('true', []);
    const bash = { sessionId: busy, command: 'sleep 60' };
    const shells = ['runs', 'waits', 'refused'].map((id) => driver.command('bash', { id, ...bash }));
    const behind = driver.command('bash', { ...bash, sessionId: busy, dependsOn: ['runs'] });
    expect(await shells[2]).toMatchObject({ code: 'QUEUE_FULL' });
    expect(await behind).toMatchObject({ code: 'QUEUE_FULL' });
    const state = driver.command('get_state', { sessionId: busy, dependsOn: ['runs'] });
    expect(amount(await moves.ask(driver), 'sessiond.bulkhead.waiting', { bulkhead: 'lane' })).toBe(1);
    for (const commandId of ['waits', 'runs']) await driver.ask('cancel_command', { commandId });
    await Promise.all([...shells, state]);

    // Commands that are sent again, and outcomes that are forgotten.
    for (const key of ['first', 'second']) {
      const name = { id: key, sessionId: busy, name: key, idempotencyKey: key };
      for (const id of [key, key, `${key}-again`]) await driver.ask('set_session_name', { ...name, id });
    }
    await driver.command('get_state', { sessionId: 'nobody' });
    await waiting;
    await expect(WireClient.connect({ url, token: 'wrong' })).rejects.toMatchObject({ status: 401 });
    expect(await httpGet({ url }, '/metrics', { authorization: 'Bearer wrong' })).toMatchObject({ status: 401 });

    // A line of shell, seen while it runs.
    const beside = await driver.run('true', []);
    const shell = driver.command('bash', { sessionId: beside, command: 'echo much; sleep 60', maxOutputBytes: 1 });
    await until(async () => amount(await moves.ask(driver), 'sessiond.bash.output') > 0);
    expect(amount(await moves.ask(driver), 'sessiond.bash.count', { state: 'running' })).toBe(1);
    await moves.scrape(socketPath);
    await driver.ask('abort_bash', { sessionId: beside });
    await shell;

    await workAgent(moves, daemon, driver);

    // A machine without descriptors: what a daemon has closed since it started must not be enough for a terminal.
    if (!limitDescriptors(daemon, 3)) context.skip('needs prlimit of util-linux to lower the number of descriptors');
    const starved = await driver.command('create_session', { kind: 'pty', pty: { command: 'true' } });
    expect(starved).toMatchObject({ code: 'SPAWN_FAILED' });
    expect(await driver.command('create_session', { kind: 'pty' })).toMatchObject({ code: 'CIRCUIT_OPEN' });
    await until(async () => amount(await moves.ask(driver), 'sessiond.alert.firing', { level: 'warn' }) > 0);
    limitDescriptors(daemon, 1_024);
    await until(async () => amount(await moves.ask(driver), 'sessiond.alert.deliveries', { outcome: 'delivered' }) > 0);
    // Not the only alert that a lack of descriptors raises.
    await until(async () => posted.some(({ rule }) => rule === 'breaker-keys-open'));
    expect(posted).toContainEqual(
      expect.objectContaining({
        rule: 'breaker-keys-open',
        kind: 'firing',
        text: expect.stringContaining(`sessiond on ${hostname()}: Breakers of some principals`),
        source: expect.objectContaining({ host: hostname(), pid: daemon.pid }),
      }),
    );
    expect(await driver.ask('health_check')).toMatchObject({
      status: 'degraded',
      checks: expect.arrayContaining([expect.objectContaining({ name: 'alerts', status: 'degraded' })]),
    });
    expect(daemon.logs()).toContainEqual(
      expect.objectContaining({
        event: 'alert',
        level: 40,
        alert: expect.objectContaining({ rule: 'breaker-keys-open' }),
      }),
    );
    await moves.scrape(socketPath);
    // A sixteenth of a minute, and the end of the look for what was left behind.
    await until(async () => {
      await driver.ask('list_sessions');
      const samples = await moves.ask(driver);
      return amount(samples, 'sessiond.limiter.generation', { limiter: 'control' }) > 0;
    });
    await dropLog(moves);
    await crowd(moves);
    const unmoved = moves.unmoved().filter((name) => ![...CONSTANT, ...MOVED_BY_CHANCE].includes(name));
    expect(unmoved.sort()).toEqual([...MOVED_BY_DEFECTS, ...MOVED_BY_MANY].sort());
    expect(moves.unscraped()).toEqual([]);
  });

  it('can be scraped for the first time by a daemon that has no descriptor left', async (context) => {
    const daemon = await start();
    const socket = connectSocket(daemon.socketPath);
    await once(socket, 'connect');
    // Answered, so accepted.
    socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
    await once(socket, 'data');
    if (!limitDescriptors(daemon, 3)) context.skip('needs prlimit of util-linux to lower the number of descriptors');
    socket.write('GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('\nsessiond_session_count{');
  });
});

/** An agent that works, asks, crashes, fails, is not there, and says more than is kept. */
async function workAgent(moves: MetricMoves, { socketPath }: TestDaemon, driver: TerminalClient): Promise<void> {
  const create = (agent: object) => driver.command('create_session', { agent, cwd: '/' });
  expect(await create({ backend: 'fake', model: 'none' })).toMatchObject({ code: 'INVALID_COMMAND' });
  const { data } = await create({ backend: 'fake' });
  const { sessionId } = data as { sessionId: string };
  const prompt = (message: string) => driver.command('prompt', { sessionId, message });
  const asking = prompt('dialog confirm');
  await until(async () => amount(await moves.ask(driver), 'sessiond.agent.dialogs') === 1);
  await moves.scrape(socketPath);
  expect(amount(await moves.ask(driver), 'sessiond.agent.count', { backend: 'fake', state: 'running' })).toBe(1);
  await driver.ask('abort', { sessionId });
  expect(await asking).toMatchObject({ code: 'CANCELLED' });
  expect(await prompt('fail 500')).toMatchObject({ code: 'AGENT_FAILED' });
  expect(await prompt('crash')).toMatchObject({ code: 'AGENT_FAILED' });
  await until(async () => amount(await moves.ask(driver), 'sessiond.agent.restarts') === 1);
  expect(await prompt('stream 2000')).toMatchObject({ success: true });
  await driver.ask('switch_session', { sessionId, after: 0 });
  await until(async () => amount(await moves.ask(driver), 'sessiond.agent.gaps') > 0);
  const samples = await moves.ask(driver);
  for (const [outcome, count] of Object.entries({ done: 1, aborted: 1, 'provider-failed': 1, interrupted: 1 }))
    expect(amount(samples, 'sessiond.agent.prompts', { outcome }), outcome).toBe(count);
  expect(amount(samples, 'sessiond.agent.provider.failures', { kind: 'http' })).toBe(1);
  expect(amount(samples, 'sessiond.agent.dialogs.ended', { outcome: 'aborted' })).toBe(1);
  const bytes = amount(samples, 'sessiond.agent.log.usage');
  expect(bytes).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(amount(samples, 'sessiond.agent.log.limit'));
  await moves.scrape(socketPath);
  await driver.ask('delete_session', { sessionId });
}

/** Lets another daemon log more than anybody reads, until it says so. */
async function dropLog(moves: MetricMoves): Promise<void> {
  const socketPath = join(dir, 'log.sock');
  const args = ['--no-tcp', '--socket', socketPath, '--state-dir', join(dir, 'log'), '--log-level', 'debug'];
  const child = spawnDaemon(args, { homeDir: dir });
  try {
    child.stderr!.setEncoding('utf8');
    for (let said = ''; !said.includes('"ready"'); ) said += String((await once(child.stderr!, 'data'))[0]);
    child.stderr!.pause();
    const driver = await connect({ socketPath });
    await until(async () => {
      await Promise.all(Array.from({ length: 50 }, () => breakProtocol(socketPath)));
      return amount(await moves.ask(driver), 'sessiond.log.dropped') > 0;
    });
    await moves.scrape(socketPath);
  } finally {
    const exited = once(child, 'exit');
    child.stderr!.resume();
    child.kill('SIGTERM');
    await exited;
  }
}

/** Opens a WebSocket and sends a frame that no protocol has; the daemon logs a line of a kilobyte about it. */
async function breakProtocol(socketPath: string): Promise<void> {
  const socket = connectSocket(socketPath);
  const headers = ['host: localhost', 'upgrade: websocket', 'connection: upgrade', 'sec-websocket-version: 13'];
  socket.write(`GET / HTTP/1.1\r\n${headers.join('\r\n')}\r\nsec-websocket-key: ${'A'.repeat(22)}==\r\n\r\n`);
  socket.write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0]));
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'close');
}
