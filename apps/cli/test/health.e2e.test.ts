import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@sessiond/client';
import { connect } from '@sessiond/client/node';
import { startDaemon, type TestDaemon } from '@sessiond/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Ended, runCli } from './sessionctl.ts';

let daemon: TestDaemon;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'health-'));
  daemon = await startDaemon();
});
afterAll(async () => {
  await daemon.stop();
  rmSync(folder, { recursive: true });
});

function health(socketPath: string, ...args: string[]): Promise<Ended> {
  return runCli(['health', '--socket', socketPath, ...args]);
}

it('says in sentences that all is well, and ends with 0', async () => {
  const { stdout, code } = await health(daemon.socketPath);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^sessiond \S+ is well\. It speaks protocol 1\.\d+\.\d+ and has been up for [\d.]+ m?s\.$/m);
  expect(stdout).toContain('It has 0 sessions and 1 connection, this one included.');
  expect(stdout).toMatch(/^ {2}ok {2}orphans: Earlier runs left no programs behind$/m);
});

it('prints all it was told as one JSON document', async () => {
  const { stdout, code } = await health(daemon.socketPath, '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'ok', sessions: { pty: 0 }, checks: expect.any(Array) });
});

it('ends with 1 while the daemon is degraded, and says by what', async () => {
  // Not that of the others: what is looked at so often is degraded now and then by a busy machine.
  const crowded = await startDaemon({ flags: ['--max-connections', '10', '--alert-interval-ms', '100'] });
  const env = { SESSIOND_STATE_DIR: crowded.stateDir };
  const made = await runCli(['token', 'create', 'watcher', '--scope', 'server:read'], { env });
  const SESSIOND_TOKEN = made.stdout.trim().split('\n').at(-1)!;
  // As many as one principal may have; the watcher is another one.
  const clients: Client[] = [];
  while (clients.length < 9) clients.push(await connect({ socketPath: crowded.socketPath, reconnect: false }));
  let result: Ended;
  do result = await runCli(['health', '--url', crowded.url], { env: { SESSIOND_TOKEN } });
  while (result.code === 0);
  expect(result).toMatchObject({ code: 1, stderr: '' });
  expect(result.stdout).toContain('works, but somebody should look');
  expect(result.stdout).toMatch(/^ {2}degraded {2}alerts: \S/m);
  const refused = await health(crowded.socketPath);
  expect(refused).toMatchObject({ code: 75, stdout: '' });
  expect(refused.stderr).toContain('try later');
  for (const client of clients) await client.close();
  await crowded.stop();
});

it('ends with 75 when the daemon is ending and lets nobody in', async () => {
  const ending = createServer((request, response) => {
    response.writeHead(503, { 'content-type': 'application/json' });
    response.end(request.url === '/readyz' ? '{"status":"not-ready","reasons":["draining"]}' : '{}');
  });
  const path = join(folder, 'ending.sock');
  ending.listen(path);
  await once(ending, 'listening');
  expect(await health(path)).toMatchObject({
    code: 75,
    stdout: 'The daemon is ending and lets nobody in any more.\n',
  });
  expect((await health(path, '--wait', '300', '--json')).stdout).toBe('{"status":"draining"}\n');
  ending.close();
});

it('ends with 75 while a daemon waits for its programs to end', async () => {
  const draining = await startDaemon({ flags: ['--grace-ms', '60000', '--drain-ms', '60000'] });
  const script = 'trap "" TERM HUP; echo deaf; while :; do sleep 0.1; done';
  const client = await connect({ socketPath: draining.socketPath, reconnect: false });
  const pty = { command: 'sh', args: ['-c', script] };
  const { sessionId } = await client.request('create_session', { kind: 'pty', pty });
  await client.request('wait_for', { sessionId, text: 'deaf' });
  draining.signal('SIGTERM');
  let result: Ended;
  do result = await health(draining.socketPath);
  while (result.code === 0);
  expect(result).toMatchObject({ code: 75, stdout: 'The daemon is ending and lets nobody in any more.\n' });
  // The second one ends it at once, with its programs.
  draining.signal('SIGTERM');
  expect((await draining.ended).leftover).toEqual([]);
  await client.close();
  await draining.stop();
});

it('ends with 69 when there is no daemon, at once or after waiting for one', async () => {
  const path = join(folder, 'none.sock');
  expect(await health(path)).toMatchObject({ code: 69, stdout: '' });
  const before = performance.now();
  const { code, stderr } = await health(path, '--wait', '700');
  expect(code).toBe(69);
  expect(performance.now() - before).toBeGreaterThan(700);
  expect(stderr).toContain('there is no such socket');
});

it('waits for a daemon that starts meanwhile', async () => {
  const path = join(folder, 'later.sock');
  const waiting = health(path, '--wait');
  const later = await startDaemon({ flags: ['--socket', path] });
  expect(await waiting).toMatchObject({ code: 0, stderr: '' });
  await later.stop();
});
