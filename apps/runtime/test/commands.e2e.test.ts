import { existsSync } from 'node:fs';
import { WireClient } from '@sessiond/testkit';
import { expect, it } from 'vitest';
import { shareDaemon } from './shared-daemon.ts';

const shared = shareDaemon({ flags: ['--no-tcp', '--max-ptys', '5', '--max-message-bytes', '100000'] });

it('[S01] greets first, with what the client may do', async () => {
  const wire = await WireClient.connect({ socketPath: shared.daemon.socketPath });
  expect(await wire.nextMessage()).toMatchObject({
    type: 'server_ready',
    data: { protocolVersion: '1.0.0', limits: { maxMessageBytes: 100_000 }, principal: { id: 'owner' } },
  });
  await wire.close();
});

it('speaks to clients of its major version only', async () => {
  const wire = await WireClient.connect({ socketPath: shared.daemon.socketPath });
  await wire.nextMessage();
  wire.send({ type: 'hello', protocolVersion: '1.99.0' });
  wire.send({ type: 'hello', protocolVersion: '2.0.0' });
  expect(await wire.nextMessage()).toMatchObject({ success: false, code: 'PROTOCOL_VERSION_UNSUPPORTED' });
  expect(await wire.closed).toMatchObject({ code: 1002 });
});

it('[S05] [S06] [S07] [S08] [S09] [S10] answers whatever is sent with a code, names the field that is wrong, and stays usable', async () => {
  const wire = await WireClient.connect({ socketPath: shared.daemon.socketPath });
  await wire.nextMessage();
  const cases: readonly [sent: string, code: string, field?: string][] = [
    ['{"type":', 'INVALID_MESSAGE'],
    ['null', 'INVALID_MESSAGE'],
    ['5', 'INVALID_MESSAGE'],
    ['[]', 'INVALID_MESSAGE'],
    ['{}', 'INVALID_MESSAGE'],
    ['{"type":"__proto__"}', 'UNKNOWN_COMMAND'],
    ['{"type":"constructor"}', 'UNKNOWN_COMMAND'],
    ['{"type":"get_state"}', 'INVALID_COMMAND', 'sessionId'],
    ['{"type":"get_state","sessionId":5}', 'INVALID_COMMAND', 'sessionId'],
    ['{"type":"list_sessions","id":"anon:1"}', 'INVALID_COMMAND', 'id'],
    ['{"type":"list_sessions","dependsOn":["anon:1"]}', 'INVALID_COMMAND', 'dependsOn.0'],
    ['{"type":"list_sessions","idempotencyKey":"a b"}', 'INVALID_COMMAND', 'idempotencyKey'],
    ['{"type":"create_session","kind":"pty","pty":{"idleTimeoutMs":0}}', 'INVALID_COMMAND', 'pty.idleTimeoutMs'],
    [JSON.stringify({ type: 'list_sessions', padding: 'x'.repeat(100_001) }), 'MESSAGE_TOO_LARGE'],
  ];
  for (const [sent, code, field] of cases) {
    wire.send(sent);
    const answer = await wire.nextMessage();
    expect(answer, sent.slice(0, 60)).toMatchObject({ type: 'response', success: false, code });
    if (field !== undefined) expect(answer['details'], sent).toEqual({ field });
  }
  wire.send({ type: 'list_sessions' });
  expect(await wire.nextMessage()).not.toHaveProperty('id');
  await wire.close();
});

it('[S11] refuses sessions that cannot be, leaving nothing behind', async () => {
  const client = await shared.connect();
  const before = ((await client.ask('list_sessions'))['sessions'] as unknown[]).length;
  const attempts: readonly [fields: Record<string, unknown>, code: string][] = [
    [{ kind: 'pty', sessionId: '../etc' }, 'INVALID_COMMAND'],
    [{ kind: 'pty', cwd: 'relative' }, 'INVALID_COMMAND'],
    [{ kind: 'pty', cwd: '/does/not/exist' }, 'SPAWN_FAILED'],
    [{ kind: 'pty', pty: { command: 'no-such-program' } }, 'SPAWN_FAILED'],
    [{ kind: 'pty', pty: { command: '/etc/passwd' } }, 'SPAWN_FAILED'],
    [{ kind: 'pty', pty: { command: 'cat', cols: 0 } }, 'INVALID_COMMAND'],
    [{ kind: 'pty', pty: { command: 'cat', rows: 10_001 } }, 'INVALID_COMMAND'],
    [{ kind: 'agent' }, 'AGENT_UNAVAILABLE'],
    [{}, 'AGENT_UNAVAILABLE'],
  ];
  for (const [fields, code] of attempts) {
    expect(await client.command('create_session', fields), JSON.stringify(fields)).toMatchObject({
      success: false,
      code,
    });
  }
  expect(((await client.ask('list_sessions'))['sessions'] as unknown[]).length).toBe(before);
});

it('[S11] [S22] creates, names, lists and deletes a session, and its id is free again', async () => {
  const client = await shared.connect();
  const { session } = await client.ask('create_session', {
    kind: 'pty',
    sessionId: 'build',
    name: 'Build',
    pty: { command: 'cat' },
  });
  const { pid, version } = session as { pid: number; version: number };
  expect(await client.command('create_session', { kind: 'pty', sessionId: 'build' })).toMatchObject({
    code: 'SESSION_EXISTS',
  });
  expect(
    await client.command('set_session_name', { sessionId: 'build', name: 'Other', ifSessionVersion: version }),
  ).toMatchObject({
    success: true,
    sessionVersion: version + 1,
  });
  expect(
    await client.command('set_session_name', { sessionId: 'build', name: 'x', ifSessionVersion: version }),
  ).toMatchObject({
    code: 'SESSION_VERSION_MISMATCH',
  });
  expect((await client.ask('get_state', { sessionId: 'build' }))['name']).toBe('Other');
  await client.ask('delete_session', { sessionId: 'build' });
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(await client.command('get_state', { sessionId: 'build' })).toMatchObject({ code: 'SESSION_NOT_FOUND' });
  await client.ask('create_session', { kind: 'pty', sessionId: 'build', pty: { command: 'cat' } });
  await client.ask('delete_session', { sessionId: 'build' });
});

it('[S21] [S22] raises the version of a session by changes that succeed, and by nothing else', async () => {
  const client = await shared.connect();
  const sessionId = await client.run('cat', []);
  const version = async (): Promise<unknown> => (await client.ask('get_state', { sessionId }))['version'];
  const rename = { id: 'version-rename', sessionId, name: 'x' };
  expect(await client.command('set_session_name', rename)).toMatchObject({ sessionVersion: 2 });
  expect(await client.command('bash', { sessionId, command: 'exit 1' })).toMatchObject({ sessionVersion: 3 });
  // A replay, a conflict, a mismatch, and what changes nothing of the session.
  expect(await client.command('set_session_name', rename)).toMatchObject({ sessionVersion: 2, replayed: true });
  expect(await client.command('set_session_name', { ...rename, name: 'y' })).toMatchObject({ code: 'ID_CONFLICT' });
  expect(await client.command('set_session_name', { sessionId, name: 'y', ifSessionVersion: 2 })).toMatchObject({
    code: 'SESSION_VERSION_MISMATCH',
    details: { sessionVersion: 3 },
  });
  await client.ask('resize', { sessionId, cols: 100, rows: 30 });
  await client.ask('input', { sessionId, data: 'x' });
  expect(await version()).toBe(3);
  await client.ask('delete_session', { sessionId, gracePeriodMs: 0 });
});

it('lets finished sessions give way to new ones, and running ones never', async () => {
  const client = await shared.connect();
  const ids = await Promise.all(Array.from({ length: 5 }, () => client.run('cat', [])));
  expect(await client.command('create_session', { kind: 'pty', pty: { command: 'cat' } })).toMatchObject({
    success: false,
  });
  await client.ask('terminate', { sessionId: ids[2]!, gracePeriodMs: 0 });
  const sessionId = await client.run('cat', []);
  expect(await client.command('get_state', { sessionId: ids[2]! })).toMatchObject({ code: 'SESSION_NOT_FOUND' });
  for (const id of [...ids.filter((_, index) => index !== 2), sessionId]) {
    await client.ask('delete_session', { sessionId: id, gracePeriodMs: 0 });
  }
});

it('keeps a finished session readable for its retention and no longer', async () => {
  const client = await shared.connect();
  const { sessionId } = await client.ask('create_session', {
    kind: 'pty',
    pty: { command: 'echo', args: ['kept'] },
    // What a busy machine needs to read it meanwhile.
    retention: { afterExitMs: 3_000 },
  });
  await client.ask('wait_for', { sessionId, exit: true });
  const read = await client.ask('read_output', { sessionId });
  expect(Buffer.from(read['dataBase64'] as string, 'base64').toString()).toBe('kept\r\n');
  expect(read).toMatchObject({ from: 0, next: 6, start: 0, end: 6, ended: true });
  await client.until(() =>
    client.eventsOf('session_deleted').some(({ event }) => (event as { sessionId: string }).sessionId === sessionId),
  );
  expect(await client.command('read_output', { sessionId })).toMatchObject({ code: 'SESSION_NOT_FOUND' });
});

it('waits for text, expressions, silence and exit, and says where', async () => {
  const client = await shared.connect();
  const sessionId = await client.runRaw('echo ready; read a; printf "äöü %s" done-$a; read b');
  expect(await client.ask('wait_for', { sessionId, text: 'ready' })).toMatchObject({
    matched: 'text',
    offset: 0,
    endOffset: 5,
  });
  const later = client.ask('wait_for', { sessionId, regex: 'done-(\\d+)' });
  await client.ask('input', { sessionId, data: '42\n' });
  expect(await later).toMatchObject({ matched: 'regex', text: 'done-42', offset: 13, endOffset: 20 });
  expect(await client.ask('wait_for', { sessionId, idleMs: 50 })).toMatchObject({ matched: 'idle' });
  const exit = client.ask('wait_for', { sessionId, exit: true });
  await client.ask('input', { sessionId, data: '\n' });
  expect(await exit).toMatchObject({ matched: 'exit', exit: { exitCode: 0, signal: null } });
  expect(await client.command('wait_for', { sessionId, text: 'never' })).toMatchObject({ code: 'INVALID_STATE' });
  await client.ask('delete_session', { sessionId });
});

it('gives up waiting at the deadline, on cancellation, and in the middle of a hostile expression', async () => {
  const client = await shared.connect();
  const sessionId = await client.runRaw(`echo ${'a'.repeat(40)}; read line`);
  expect(await client.command('wait_for', { sessionId, text: 'never', timeoutMs: 50 })).toMatchObject({
    code: 'TIMEOUT',
    timedOut: true,
  });
  expect(await client.command('wait_for', { sessionId, regex: '^(a+)+$b', timeoutMs: 500 })).toMatchObject({
    code: 'TIMEOUT',
  });
  client.wire.send({ type: 'wait_for', id: 'mine', sessionId, text: 'never' });
  await client.ask('health_check');
  const elsewhere = await shared.connect();
  expect(await elsewhere.ask('cancel_command', { commandId: 'mine' })).toMatchObject({ cancelled: true });
  expect(await client.ask('cancel_command', { commandId: 'mine' })).toMatchObject({ cancelled: false });
  await client.ask('delete_session', { sessionId, gracePeriodMs: 0 });
});

it('answers control commands at once while others wait', async () => {
  const client = await shared.connect();
  const sessionId = await client.runRaw('trap "" TERM HUP; echo set; while :; do sleep 0.05; done');
  await client.ask('wait_for', { sessionId, text: 'set' });
  const order: string[] = [];
  const ending = client.ask('terminate', { sessionId, gracePeriodMs: 400 }).then((data) => {
    order.push('terminate');
    return data;
  });
  await client.ask('get_state', { sessionId });
  order.push('get_state');
  expect(await ending).toMatchObject({ forceKilled: true, exit: { signal: 'SIGKILL', reason: 'terminated' } });
  expect(order).toEqual(['get_state', 'terminate']);
  await client.ask('delete_session', { sessionId });
});

it('[S23] tells events only to those who follow the session', async () => {
  const [follower, stranger] = [await shared.connect(), await shared.connect()];
  const sessionId = await follower.run('cat', []);
  const { seq } = await follower.ask('switch_session', { sessionId });
  await follower.ask('resize', { sessionId, cols: 100, rows: 30 });
  await follower.until(() => follower.eventsOf('pty.resized').length === 1);
  expect(follower.eventsOf('pty.resized')[0]).toMatchObject({
    seq: (seq as number) + 1,
    event: { oldCols: 80, cols: 100 },
  });
  await follower.ask('unsubscribe', { sessionId });
  await follower.ask('resize', { sessionId, cols: 101, rows: 30 });
  await stranger.ask('health_check');
  expect(follower.eventsOf('pty.resized').length).toBe(1);
  expect(stranger.eventsOf('pty.resized')).toEqual([]);
  await follower.ask('delete_session', { sessionId });
});
