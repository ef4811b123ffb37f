import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, type LogLine, type ProcessId, StartedDaemons, type TestDaemon } from '@sessiond/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TerminalClient } from './terminal-client.ts';

/** Goes on when its terminal is gone, and when it is asked to end. */
const STUBBORN = 'trap "" HUP TERM; echo R; while :; do sleep 0.05; done';

let stateDir: string;
const daemons = new StartedDaemons();
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'sessiond-orphans-'));
});
afterEach(async () => {
  await daemons.stop();
  rmSync(stateDir, { recursive: true });
});

async function start(...flags: string[]): Promise<{ daemon: TestDaemon; client: TerminalClient }> {
  const daemon = await daemons.start({ flags: ['--no-tcp', ...flags], stateDir });
  return { daemon, client: await TerminalClient.connect({ socketPath: daemon.socketPath }) };
}

/** Runs a program that says `R`, and ends its daemon as a crash does. @returns what is left of it. */
async function abandon(command: string, args: readonly string[]): Promise<readonly ProcessId[]> {
  const { daemon, client } = await start();
  const sessionId = await client.run(command, args);
  await client.ask('wait_for', { sessionId, text: 'R' });
  const { leftover } = await daemon.kill();
  return leftover;
}

/** The line of the log that says what was found. */
async function toldBy(daemon: TestDaemon): Promise<LogLine> {
  const line = (): LogLine | undefined => daemon.logs().find(({ event }) => event === 'orphans');
  await expect.poll(line).toBeDefined();
  return line()!;
}

async function healthOf(client: TerminalClient): Promise<{ status: string; message: string }> {
  const { checks } = (await client.ask('health_check')) as {
    checks: { name: string; status: string; message: string }[];
  };
  return checks.find(({ name }) => name === 'orphans')!;
}

it('[FR-007-008] [B41] [SC-007-003] ends what a killed daemon left behind, is ready meanwhile, and says so', async () => {
  const orphans = await abandon('/bin/sh', ['-c', STUBBORN]);
  expect(orphans.length).toBeGreaterThan(0);
  const { daemon, client } = await start();
  expect(await client.ask('list_sessions')).toMatchObject({
    sessions: [{ state: 'stopped', exit: { exitCode: null, signal: null, reason: 'lost' } }],
  });
  await client.until(() => client.eventsOf('orphans_reconciled').length === 1);
  expect(orphans.filter(isAlive)).toEqual([]);
  const { event } = client.eventsOf('orphans_reconciled')[0] as { event: { found: number; terminated: number } };
  expect(event).toMatchObject({ reattached: 0, terminated: event.found });
  expect(event.found).toBeGreaterThan(0);
  const told = await toldBy(daemon);
  expect(told).toMatchObject({ level: 30, found: event.found, terminated: event.found, reported: [] });
  const order = daemon.logs().map(({ event }) => event);
  expect(order.indexOf('ready')).toBeLessThan(order.indexOf('orphans'));
  expect(await healthOf(client)).toMatchObject({
    status: 'ok',
    message: expect.stringContaining(`ended ${event.found}`),
  });
  const { metrics } = (await client.ask('get_metrics')) as {
    metrics: { name: string; labels: object; value: number }[];
  };
  const counted = metrics.filter(({ name }) => name === 'sessiond.pty.orphans');
  expect(counted).toContainEqual(expect.objectContaining({ labels: { outcome: 'terminated' }, value: event.found }));
  client.cut();
});

it('[B42] reports what does not carry its mark, and leaves it alone', async () => {
  const [orphan] = await abandon('/usr/bin/env', ['-u', 'SESSIOND_INSTANCE', '/bin/sh', '-c', STUBBORN]);
  try {
    const next = await start();
    expect(await toldBy(next.daemon)).toMatchObject({
      level: 40,
      found: 0,
      terminated: 0,
      reported: expect.arrayContaining([expect.objectContaining({ pid: orphan!.pid, reason: 'unmarked' })]),
    });
    expect(isAlive(orphan!)).toBe(true);
    next.client.cut();
  } finally {
    process.kill(orphan!.pid, 'SIGKILL');
  }
});

it('finds nothing after an orderly end, and keeps no record of what has ended', async () => {
  const first = await start('--grace-ms', '100');
  await first.client.run('/bin/sh', ['-c', STUBBORN]);
  await first.daemon.stop();
  const next = await start();
  expect(await toldBy(next.daemon)).toMatchObject({ level: 30, found: 0, reported: [] });
  const sessionId = await next.client.run('true', []);
  await next.client.ask('wait_for', { sessionId, exit: true });
  const records = readdirSync(join(stateDir, 'ptys'), { recursive: true, withFileTypes: true });
  expect(records.filter((record) => record.isFile())).toEqual([]);
  next.client.cut();
});
