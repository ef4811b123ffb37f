import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StartDaemonOptions, startDaemon, type TestDaemon, WireClient } from '@sessiond/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postCommand } from './http-command.ts';
import { httpGet } from './http-get.ts';

/** Ignores every polite request to end. */
const STUBBORN = 'trap "" TERM HUP INT; echo up; while :; do sleep 0.05; done';

const daemons: TestDaemon[] = [];
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-drain-'));
});
afterEach(async () => {
  for (const daemon of daemons.splice(0)) {
    await daemon.kill();
    await daemon.stop();
  }
  rmSync(dir, { recursive: true });
});

async function start(options: StartDaemonOptions): Promise<TestDaemon> {
  const daemon = await startDaemon(options);
  daemons.push(daemon);
  return daemon;
}

type Message = Record<string, unknown>;

/** Starts a program and waits until it has said `up`. */
async function run(client: WireClient, sessionId: string, script: string): Promise<void> {
  const pty = { command: '/bin/sh', args: ['-c', script] };
  await client.command({ id: sessionId, type: 'create_session', kind: 'pty', sessionId, cwd: dir, pty });
  await client.command({ id: `up-${sessionId}`, type: 'wait_for', sessionId, text: 'up' });
}

const isEvent =
  (type: string) =>
  ({ event }: Message): boolean =>
    (event as { type?: string } | undefined)?.type === type;

/** Everything from now on until the connection is closed, in short. */
async function story(client: WireClient): Promise<string[]> {
  const told: string[] = [];
  const listen = async (): Promise<void> => {
    for (;;) {
      const message = await client.nextMessage();
      const { type, id, code, event } = message as { type: string; id?: string; code?: string; event?: Message };
      if (type === 'response') told.push(`${id}: ${code ?? 'OK'}`);
      else if (event?.['type'] === 'pty.stopped') told.push(`pty.stopped ${event['reason']}`);
      else if (event?.['type'] === 'server_shutdown') told.push(`server_shutdown ${event['timeoutMs']}`);
    }
  };
  const { code } = await Promise.race([client.closed, listen() as Promise<never>]);
  return [...told, `closed ${code}`];
}

/** Resolves when the daemon has read everything that these have sent. */
async function allRead(...clients: readonly WireClient[]): Promise<void> {
  for (const { ws } of clients) {
    const pong = once(ws, 'pong');
    ws.ping();
    await pong;
  }
}

describe('SIGTERM', () => {
  it('[S40] tells everybody, takes nothing new, lets running commands finish, ends the children, closes with 1001 and exits with 0', async () => {
    const { socketPath, url, signal, ended } = await start({ flags: ['--drain-ms', '20000', '--grace-ms', '500'] });
    const [watcher, worker] = [await WireClient.connect({ socketPath }), await WireClient.connect({ socketPath })];
    await run(watcher, 'stays', 'echo up; sleep 1000');
    await run(worker, 'ends', STUBBORN);
    await watcher.command({ id: 'follow', type: 'switch_session', sessionId: 'stays' });
    watcher.send({ id: 'waiting', type: 'wait_for', sessionId: 'stays', text: 'never' });
    worker.send({ id: 'finishing', type: 'bash', sessionId: 'ends', command: 'sleep 2; echo done' });
    await worker.messageWhere(isEvent('bash.started'));
    worker.send({ id: 'patient', type: 'terminate', sessionId: 'ends', gracePeriodMs: 600_000 });
    const [watched, worked] = [story(watcher), story(worker)];
    await allRead(watcher, worker);
    signal('SIGTERM');
    await expect.poll(async () => (await httpGet({ url }, '/readyz')).status).toBe(503);
    expect(JSON.parse((await httpGet({ url }, '/readyz')).body)).toEqual({
      status: 'not-ready',
      reasons: ['draining'],
    });
    expect((await httpGet({ socketPath }, '/healthz')).status).toBe(200);
    await expect(WireClient.connect({ socketPath })).rejects.toMatchObject({
      status: 503,
      body: { code: 'SHUTTING_DOWN' },
    });
    watcher.send({ id: 'late', type: 'list_sessions' });
    watcher.send({ id: 'health', type: 'health_check' });
    watcher.send({ id: 'metrics', type: 'get_metrics' });
    watcher.send({ id: 'cancel', type: 'cancel_command', commandId: 'nothing' });
    expect((await postCommand({ socketPath }, { type: 'list_sessions' })).status).toBe(503);
    expect(await watched).toEqual([
      'server_shutdown 20000',
      'waiting: SHUTTING_DOWN',
      'late: SHUTTING_DOWN',
      'health: OK',
      'metrics: OK',
      'cancel: OK',
      'pty.stopped shutdown',
      'closed 1001',
    ]);
    // Patience ends with the daemon: the program is ended all the same, and who waits for that is told so.
    expect(await worked).toEqual(['server_shutdown 20000', 'finishing: OK', 'patient: OK', 'closed 1001']);
    expect(await ended).toMatchObject({ exitCode: 0, leftover: [] });
    expect(existsSync(socketPath)).toBe(false);
  });

  it('[S40] aborts what still runs when the time is over, and hangs on nothing', async () => {
    const { socketPath, stop } = await start({ flags: ['--drain-ms', '1500', '--grace-ms', '500'] });
    const client = await WireClient.connect({ socketPath });
    await run(client, 'stubborn', STUBBORN);
    client.send({ id: 'too-long', type: 'bash', sessionId: 'stubborn', command: 'sleep 1000' });
    await client.messageWhere(isEvent('bash.started'));
    const told = story(client);
    const beganMs = performance.now();
    expect(await stop()).toMatchObject({ exitCode: 0, leftover: [] });
    const tookMs = performance.now() - beganMs;
    expect(await told).toEqual(['server_shutdown 1500', 'too-long: SHUTTING_DOWN', 'closed 1001']);
    expect(tookMs).toBeGreaterThan(900);
    // The drain and four seconds at the most, and what a loaded machine adds; what it could hang on takes a thousand.
    expect(tookMs).toBeLessThan(60_000);
  });

  it('[S40] once more ends everything at once', async () => {
    const { socketPath, signal, ended } = await start({ flags: ['--drain-ms', '60000', '--grace-ms', '60000'] });
    const client = await WireClient.connect({ socketPath });
    await run(client, 'stubborn', STUBBORN);
    signal('SIGTERM');
    await client.messageWhere(isEvent('server_shutdown'));
    signal('SIGTERM');
    expect(await ended).toMatchObject({ exitCode: 1, leftover: [] });
    expect(existsSync(socketPath)).toBe(false);
  });
});
