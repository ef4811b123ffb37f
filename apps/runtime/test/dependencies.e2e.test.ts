import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shareDaemon } from './shared-daemon.ts';
import type { TerminalClient } from './terminal-client.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-dependencies-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const { connect } = shareDaemon({ flags: ['--no-tcp'] });

let client: TerminalClient;
beforeAll(async () => {
  client = await connect();
  for (const sessionId of ['a', 'b']) {
    await client.ask('create_session', { kind: 'pty', sessionId, cwd: dir, pty: { command: 'cat' } });
  }
});

/** Runs a line of shell that says when it ran in a file, and resolves with the answer. */
function shell(
  id: string,
  fields: { readonly sessionId?: string; readonly dependsOn?: readonly string[]; readonly line?: string },
  sender: TerminalClient = client,
): Promise<Record<string, unknown>> {
  const { sessionId = 'a', line = 'true', ...rest } = fields;
  return sender.command('bash', { id, sessionId, command: `${line} && echo ${id} >> order.txt`, ...rest });
}

function order(...ids: readonly string[]): string[] {
  const ran = existsSync(join(dir, 'order.txt')) ? readFileSync(join(dir, 'order.txt'), 'utf8').trim().split('\n') : [];
  return ran.filter((id) => ids.includes(id));
}

it('[S18] runs a command after those it depends on, sent at once, within a lane, across lanes and across connections', async () => {
  const other = await connect();
  const first = shell('first', { line: 'sleep 0.2' });
  const answers = [
    first,
    shell('second', { dependsOn: ['first'] }),
    shell('third', { sessionId: 'b', dependsOn: ['first', 'second'] }),
  ];
  // Another connection may send it as soon as the daemon has got what it depends on.
  await client.ask('health_check');
  answers.push(shell('fourth', { sessionId: 'b', dependsOn: ['third'] }, other));
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ success: true });
  expect(order('first', 'second', 'third', 'fourth')).toEqual(['first', 'second', 'third', 'fourth']);
});

it('[S18] lets others through a lane while a command waits for another lane, and keeps its place within its own', async () => {
  const answers = [
    shell('slow', { line: 'sleep 0.3' }),
    shell('waits', { sessionId: 'b', dependsOn: ['slow'] }),
    shell('passes', { sessionId: 'b' }),
    shell('behind', { dependsOn: ['slow'] }),
    shell('last', {}),
  ];
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ success: true });
  expect(order('waits', 'passes')).toEqual(['passes', 'waits']);
  expect(order('slow', 'behind', 'last')).toEqual(['slow', 'behind', 'last']);
});

it('[S18] counts a success that is only remembered, and lets control commands depend, too', async () => {
  expect(await shell('earlier', {})).toMatchObject({ success: true });
  expect(await client.command('get_state', { sessionId: 'a', dependsOn: ['earlier'] })).toMatchObject({
    success: true,
  });
  const running = shell('now', { line: 'sleep 0.2' });
  const state = client.command('get_state', { sessionId: 'a', dependsOn: ['now'] });
  await client.ask('get_state', { sessionId: 'a' });
  expect(order('now')).toEqual([]);
  await Promise.all([running, state]);
});

it('[S19] fails at once behind a dependency that failed, is unknown or comes later', async () => {
  const unknown = await shell('early', { dependsOn: ['later'] });
  expect(unknown).toMatchObject({ code: 'DEPENDENCY_UNKNOWN', details: { dependency: 'later' } });
  await shell('later', {});
  expect(await shell('early', { dependsOn: ['later'] })).toEqual({ ...unknown, replayed: true });

  const failing = client.command('set_session_name', { id: 'fails', sessionId: 'a', name: 'x', ifSessionVersion: 0 });
  const behind = shell('behind-failure', { dependsOn: ['fails'] });
  expect(await failing).toMatchObject({ code: 'SESSION_VERSION_MISMATCH' });
  expect(await behind).toMatchObject({
    code: 'DEPENDENCY_FAILED',
    details: { dependency: 'fails', code: 'SESSION_VERSION_MISMATCH' },
  });

  const long = shell('long', { line: 'sleep 20' });
  const doomed = shell('doomed', { dependsOn: ['long'] });
  const chained = shell('chained', { sessionId: 'b', dependsOn: ['doomed'] });
  expect(await client.ask('cancel_command', { commandId: 'long' })).toMatchObject({ cancelled: true });
  expect((await long)['code']).toBe('CANCELLED');
  expect(await doomed).toMatchObject({ code: 'DEPENDENCY_FAILED', details: { code: 'CANCELLED' } });
  expect(await chained).toMatchObject({ code: 'DEPENDENCY_FAILED', details: { code: 'DEPENDENCY_FAILED' } });
  expect(order('early', 'behind-failure', 'doomed', 'chained')).toEqual([]);
});

it('[S20] refuses a command that depends on itself', async () => {
  expect(await shell('self', { dependsOn: ['self'] })).toMatchObject({ code: 'DEPENDENCY_CYCLE' });
  expect(order('self')).toEqual([]);
});

it('[S18] lets no more wait for another command than a connection may have unanswered, also of what is never limited', async () => {
  const holder = shell('holder', { line: 'sleep 20' });
  const sender = await connect();
  const waiting = Array.from({ length: 105 }, (_, at) =>
    sender.command('health_check', { id: `waits-${at}`, dependsOn: ['holder'] }),
  );
  for (const refused of waiting.slice(100)) {
    expect(await refused).toMatchObject({ code: 'QUEUE_FULL', details: { bulkhead: 'connection' } });
  }
  expect(await sender.command('health_check', { id: 'free' })).toMatchObject({ success: true });
  await client.ask('cancel_command', { commandId: 'holder' });
  expect((await holder)['code']).toBe('CANCELLED');
  for (const answer of await Promise.all(waiting.slice(0, 100))) expect(answer['code']).toBe('DEPENDENCY_FAILED');
});
