import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon } from '@sessiond/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shareDaemon } from './shared-daemon.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-replay-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const { connect } = shareDaemon({
  flags: ['--no-tcp', '--lane-queue-ms', '300', '--control-commands-per-minute', '200'],
});

function creation(sessionId: string, fields: object = {}): Record<string, unknown> {
  return { kind: 'pty', sessionId, cwd: dir, pty: { command: 'cat' }, ...fields };
}

it('[S04] answers a command without an id without one, and runs it every time', async () => {
  const client = await connect();
  await client.ask('create_session', creation('nameless'));
  const nameless = (): Record<string, unknown>[] =>
    client.messages.filter(({ type, id }) => type === 'response' && id === undefined);
  for (const sessionVersion of [2, 3]) {
    client.wire.send({ type: 'set_session_name', sessionId: 'nameless', name: 'x' });
    await client.until(() => nameless().length === sessionVersion - 1);
    expect(nameless().at(-1)).toMatchObject({ success: true, sessionVersion });
    expect(nameless().at(-1)).not.toHaveProperty('replayed');
  }
});

it('[S12] answers a creation that is sent again from memory, on every connection of its principal, without a second event', async () => {
  const [client, other] = [await connect(), await connect()];
  const create = creation('once', { id: 'create-once' });
  const first = await client.command('create_session', create);
  expect(first).toMatchObject({ success: true, sessionVersion: 1 });
  for (const sender of [client, other]) {
    expect(await sender.command('create_session', create)).toEqual({ ...first, replayed: true });
  }
  await client.ask('create_session', creation('after'));
  await client.until(() => client.eventsOf('session_created').length === 2);
  expect(client.eventsOf('session_created').map(({ sessionId }) => sessionId)).toEqual(['once', 'after']);
});

it('[S12] gives those who send a command again while it runs the outcome of the one execution', async () => {
  const [client, other] = [await connect(), await connect()];
  await client.ask('create_session', creation('shared'));
  const bash = { id: 'append', sessionId: 'shared', command: 'sleep 0.2; echo ran >> shared.txt' };
  const answers = await Promise.all([client, other].map((sender) => sender.command('bash', bash)));
  expect(answers.map(({ success, replayed }) => [success, replayed ?? false])).toContainEqual([true, true]);
  expect(readFileSync(join(dir, 'shared.txt'), 'utf8')).toBe('ran\n');
});

it('[S13] refuses the id of another command, and runs nothing', async () => {
  const client = await connect();
  await client.ask('create_session', creation('named'));
  const rename = { id: 'rename', sessionId: 'named', name: 'first' };
  expect(await client.command('set_session_name', rename)).toMatchObject({ success: true });
  expect(await client.command('set_session_name', { ...rename, name: 'second' })).toMatchObject({
    code: 'ID_CONFLICT',
  });
  expect(await client.command('get_state', { id: 'rename', sessionId: 'named' })).toMatchObject({
    code: 'ID_CONFLICT',
  });
  expect(await client.ask('get_state', { sessionId: 'named' })).toMatchObject({ name: 'first', version: 2 });
});

it('[S14] answers a second command with the idempotency key of a first with its outcome, and refuses another one', async () => {
  const client = await connect();
  await client.ask('create_session', creation('keyed'));
  const rename = { sessionId: 'keyed', name: 'first', idempotencyKey: 'rename-it' };
  const first = await client.command('set_session_name', { ...rename, id: 'keyed-1' });
  const second = await client.command('set_session_name', { ...rename, id: 'keyed-2' });
  expect(second).toEqual({ ...first, id: 'keyed-2', replayed: true });
  expect(await client.command('set_session_name', { ...rename, name: 'other' })).toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
  });
  // The outcome is that of the second id from now on, whatever becomes of the key.
  expect(await client.command('set_session_name', { id: 'keyed-2', sessionId: 'keyed', name: 'other' })).toMatchObject({
    code: 'ID_CONFLICT',
  });
  expect(await client.ask('get_state', { sessionId: 'keyed' })).toMatchObject({ name: 'first', version: 2 });
});

it('[S15] lets commands with one idempotency key share one execution', async () => {
  const client = await connect();
  const create = { kind: 'pty', cwd: dir, pty: { command: 'cat' }, idempotencyKey: 'one-shell' };
  const answers = await Promise.all([1, 2, 3].map(() => client.command('create_session', create)));
  const ids = answers.map(({ data }) => (data as { sessionId: string }).sessionId);
  expect(new Set(ids).size).toBe(1);
  await client.ask('create_session', creation('runs'));
  const bash = { sessionId: 'runs', command: 'sleep 0.2; echo ran >> key.txt', idempotencyKey: 'run-once' };
  const runs = await Promise.all([1, 2, 3].map(() => client.command('bash', bash)));
  expect(runs.map(({ replayed }) => replayed ?? false)).toEqual([false, true, true]);
  expect(readFileSync(join(dir, 'key.txt'), 'utf8')).toBe('ran\n');
});

it('[S16] runs a command with a known idempotency key for a session that was deleted and created again', async () => {
  const client = await connect();
  const create = creation('phoenix', { idempotencyKey: 'create-phoenix' });
  const rename = { sessionId: 'phoenix', name: 'Phoenix', idempotencyKey: 'name-phoenix' };
  const pids: unknown[] = [];
  for (let life = 0; life < 2; life += 1) {
    const created = await client.command('create_session', create);
    expect(created).not.toHaveProperty('replayed');
    pids.push((created['data'] as { session: { pid: number } }).session.pid);
    expect(await client.command('set_session_name', rename)).not.toHaveProperty('replayed');
    expect(await client.ask('get_state', { sessionId: 'phoenix' })).toMatchObject({ name: 'Phoenix', version: 2 });
    await client.ask('delete_session', { sessionId: 'phoenix', gracePeriodMs: 0 });
  }
  expect(new Set(pids).size).toBe(2);
});

it('[S17] takes nothing of any budget for what it answers from memory', async () => {
  const client = await connect();
  const decisions = async (): Promise<unknown> => {
    const { metrics } = (await client.ask('get_metrics')) as {
      metrics: { name: string; labels: object; value: number }[];
    };
    return metrics
      .filter(({ name }) => name === 'sessiond.limiter.requests')
      .map(({ labels, value }) => [labels, value]);
  };
  const first = await client.command('list_sessions', { id: 'again' });
  const before = await decisions();
  expect(before).not.toEqual([]);
  for (let round = 0; round < 300; round += 1) {
    expect(await client.command('list_sessions', { id: 'again' })).toEqual({ ...first, replayed: true });
  }
  expect(await decisions()).toEqual(before);
});

it('[S29] never runs a command whose time was up while it waited for its turn, also when it is sent again', async () => {
  const client = await connect();
  await client.ask('create_session', creation('slow'));
  const first = client.command('bash', { sessionId: 'slow', command: 'sleep 1' });
  const late = { id: 'late', sessionId: 'slow', command: 'touch never.txt' };
  const timeout = await client.command('bash', late);
  expect(timeout).toMatchObject({ code: 'TIMEOUT', timedOut: true, details: { started: false } });
  expect(await first).toMatchObject({ success: true });
  expect(await client.command('bash', late)).toEqual({ ...timeout, replayed: true });
  await client.ask('bash', { sessionId: 'slow', command: 'true' });
  expect(existsSync(join(dir, 'never.txt'))).toBe(false);
});

it('[S30] answers a command that timed out with the same timeout for ever, also after its work is over', async () => {
  const client = await connect();
  const sessionId = await client.run('cat', []);
  const wait = { id: 'wait', sessionId, text: 'hello', timeoutMs: 50 };
  const timeout = await client.command('wait_for', wait);
  expect(timeout).toMatchObject({ code: 'TIMEOUT', timedOut: true });
  await client.ask('input', { sessionId, data: 'hello\n' });
  await client.ask('wait_for', { sessionId, text: 'hello' });
  expect(await client.command('wait_for', wait)).toEqual({ ...timeout, replayed: true });
});

it('[S13] knows what means something to one connection only there', async () => {
  const [client, other] = [await connect(), await connect()];
  const sessionId = await client.run('cat', []);
  const follow = { id: 'follow', sessionId };
  expect(await client.command('switch_session', follow)).not.toHaveProperty('replayed');
  expect(await client.command('switch_session', follow)).toHaveProperty('replayed', true);
  expect(await other.command('switch_session', follow)).not.toHaveProperty('replayed');
});

it('makes and ends the session of an id one at a time', async () => {
  // As long as it takes a machine that is busy to end a program, which the other tests do not wait for.
  const patient = await startDaemon({ flags: ['--no-tcp', '--lane-queue-ms', '60000'] });
  try {
    const client = await connect({ socketPath: patient.socketPath });
    await client.ask(
      'create_session',
      creation('turn', {
        pty: { command: '/bin/sh', args: ['-c', 'trap "" TERM HUP; echo set; while :; do sleep 0.05; done'] },
      }),
    );
    await client.ask('wait_for', { sessionId: 'turn', text: 'set' });
    const deleted = client.command('delete_session', { sessionId: 'turn', gracePeriodMs: 100 });
    // Behind the end of the former one, and neither beside it nor refused.
    const created = client.command('create_session', creation('turn'));
    expect(await deleted).toMatchObject({ success: true });
    expect(await created).toMatchObject({ success: true, sessionVersion: 1 });
  } finally {
    expect(await patient.stop()).toMatchObject({ exitCode: 0, leftover: [] });
  }
});
