import { startDaemon } from '@sessiond/testkit';
import { expect, it } from 'vitest';
import { shareDaemon } from './shared-daemon.ts';
import type { TerminalClient } from './terminal-client.ts';

const { connect } = shareDaemon({ flags: ['--no-tcp', '--max-ptys', '4'] });

/** Sends several commands in one write, so that the server gets them in one turn. */
function batch(client: TerminalClient, send: () => void): void {
  const { _socket: socket } = client.wire.ws as unknown as { _socket: { cork(): void; uncork(): void } };
  socket.cork();
  send();
  socket.uncork();
}

it('survives a command that is cancelled in the turn in which it fails', async () => {
  const client = await connect();
  const sessionId = await client.run('cat', []);
  batch(client, () => {
    client.wire.send({ type: 'detach', id: 'q', sessionId, ifSessionVersion: 1 });
    client.wire.send({ type: 'cancel_command', id: 'c', commandId: 'q' });
  });
  expect(await client.command('health_check')).toMatchObject({ success: true });
  await client.ask('delete_session', { sessionId });
});

it('leaves nothing of an attach that is cancelled in the same turn', async () => {
  const client = await connect();
  const sessionId = await client.run('cat', []);
  for (let round = 0; round < 20; round++) {
    const id = `a${round}`;
    let answer: Promise<Record<string, unknown>> | undefined;
    batch(client, () => {
      answer = client.command('attach', { id, sessionId, ...(round % 2 === 0 && { ifSessionVersion: 1 }) });
      client.wire.send({ type: 'cancel_command', commandId: id });
    });
    if ((await answer)?.['success'] === true) await client.ask('detach', { sessionId });
    expect(await client.ask('get_state', { sessionId })).toMatchObject({ attached: 0 });
  }
  await client.ask('delete_session', { sessionId });
});

it('[S25] never runs a bash command that is aborted in the turn in which it was accepted, but the one behind it', async () => {
  const client = await connect();
  const sessionId = await client.run('cat', []);
  for (let round = 0; round < 5; round++) {
    let answers: Promise<Record<string, unknown>>[] = [];
    batch(client, () => {
      answers = [
        client.command('bash', { sessionId, command: 'echo first' }),
        client.command('bash', { sessionId, command: 'echo second' }),
        client.command('abort_bash', { sessionId }),
      ];
    });
    expect(await Promise.all(answers)).toMatchObject([
      { code: 'CANCELLED' },
      { success: true, data: { output: 'second\n' } },
      { success: true, data: { aborted: true } },
    ]);
    expect(client.eventsOf('bash.started')).toHaveLength(round + 1);
  }
  await client.ask('delete_session', { sessionId });
});

it('sends the answer of an attach before the first frame of its channel, however many attach at once', async () => {
  const client = await connect();
  const ids = await Promise.all(['a', 'b', 'c'].map((text) => client.runRaw(`echo ${text}; read line`)));
  await Promise.all(ids.map((sessionId) => client.ask('wait_for', { sessionId, text: '\n' })));
  let logs: Promise<unknown>[] = [];
  // The client throws for a frame of a channel it has not been told of.
  batch(client, () => {
    logs = ids.map(async (sessionId) => (await client.attach(sessionId)).until(({ text }) => text.length === 2));
  });
  await Promise.all(logs);
  for (const sessionId of ids) await client.ask('delete_session', { sessionId, gracePeriodMs: 0 });
});

it('[S18] attaches to a session that is created in the same turn, when it is told to wait for that', async () => {
  const client = await connect();
  let attached: Promise<unknown> = Promise.resolve();
  batch(client, () => {
    client.wire.send({ type: 'create_session', id: 'x', sessionId: 'pipelined', kind: 'pty', pty: { command: 'cat' } });
    attached = client.attach('pipelined', { dependsOn: ['x'] });
  });
  await attached;
  await client.ask('delete_session', { sessionId: 'pipelined' });
});

it("gives a new session of a deleted one's id no trace of it", async () => {
  const client = await connect();
  for (const role of ['observer', 'driver']) {
    await client.ask('create_session', { kind: 'pty', sessionId: 'again', pty: { command: 'cat' } });
    const log = await client.attach('again', { role });
    await (await connect()).ask('delete_session', { sessionId: 'again', gracePeriodMs: 0 });
    await log.until(({ end }) => end !== undefined);
    await client.until(() => client.eventsOf('session_deleted').some(({ sessionId }) => sessionId === 'again'));
    client.events.length = 0;
  }
  await client.ask('create_session', { kind: 'pty', sessionId: 'again', pty: { command: 'cat' } });
  await client.ask('input', { sessionId: 'again', data: 'x' });
  await client.attach('again');
  await client.ask('delete_session', { sessionId: 'again', gracePeriodMs: 0 });
});

it('tells a slow reader of every session that an id had, in order, and of the last one whatever happens to it', async () => {
  const [slow, other] = [await connect(), await connect()];
  const create = (): Promise<unknown> =>
    other.ask('create_session', {
      kind: 'pty',
      sessionId: 'reused',
      pty: { command: '/bin/sh', args: ['-c', 'printf 0123456789; cat'] },
    });
  await create();
  await slow.ask('switch_session', { sessionId: 'reused' });
  const log = await slow.attach('reused', { window: 5 });
  await log.until(({ offset }) => offset === 5);
  slow.events.length = 0;
  for (let round = 0; round < 3; round++) {
    await other.ask('delete_session', { sessionId: 'reused', gracePeriodMs: 0 });
    await create();
  }
  await slow.ask('switch_session', { sessionId: 'reused' });
  slow.acknowledge(log);
  await log.until(({ offset }) => offset === 10);
  slow.acknowledge(log);
  await log.until(({ end }) => end === 10);
  const news = slow.events
    .map(({ event }) => (event as { type: string }).type)
    .filter((type) => type === 'pty.stopped' || type.startsWith('session_'));
  const [ended, begun] = ['session_deleted', 'session_created'];
  expect(news).toEqual(['pty.stopped', ended, begun, ended, begun, ended, begun]);
  await other.ask('resize', { sessionId: 'reused', cols: 100, rows: 30 });
  await other.ask('delete_session', { sessionId: 'reused', gracePeriodMs: 0 });
  await slow.until(() => slow.eventsOf('session_deleted').length === 4);
  expect(slow.eventsOf('pty.resized').length).toBe(1);
  expect(slow.eventsOf('pty.stopped').length).toBe(2);
});

it('keeps the session that would have made room for one that could not start', async () => {
  const client = await connect();
  const ids = await Promise.all(Array.from({ length: 4 }, () => client.run('true', [])));
  await Promise.all(ids.map((sessionId) => client.ask('wait_for', { sessionId, exit: true })));
  expect(await client.command('create_session', { kind: 'pty', pty: { command: '/no/such' } })).toMatchObject({
    code: 'SPAWN_FAILED',
  });
  for (const sessionId of ids) await client.ask('delete_session', { sessionId });
});

it('tells no events of a session after the detach', async () => {
  const client = await connect();
  const sessionId = await client.run('cat', []);
  await client.attach(sessionId);
  await client.ask('detach', { sessionId });
  client.events.length = 0;
  await client.ask('resize', { sessionId, cols: 99, rows: 33 });
  await client.ask('health_check');
  expect(client.eventsOf('pty.resized')).toEqual([]);
  await client.ask('delete_session', { sessionId });
});

it('goes on behind a gap without an acknowledgement of it', async () => {
  const client = await connect();
  const sessionId = await client.runRaw('head -c 200000 /dev/zero; printf end; read line', { bufferBytes: 100_000 });
  await client.ask('wait_for', { sessionId, text: 'end' });
  const log = await client.attach(sessionId, { from: 0, window: 20_000 });
  await log.until(({ offset, gaps }) => gaps.length === 1 && offset === gaps[0]!.to + 20_000);
  await client.ask('delete_session', { sessionId, gracePeriodMs: 0 });
});

it('ends in time although a client has asked to be patient with a child that does not listen', async () => {
  const other = await startDaemon({ flags: ['--no-tcp', '--grace-ms', '200'] });
  const client = await connect({ socketPath: other.socketPath });
  const sessionId = await client.runRaw('trap "" TERM HUP; echo set; while :; do sleep 0.05; done');
  await client.ask('wait_for', { sessionId, text: 'set' });
  client.wire.send({ type: 'terminate', id: 'patient', sessionId, gracePeriodMs: 600_000 });
  await client.until(() => true);
  const begun = performance.now();
  expect(await other.stop()).toMatchObject({ exitCode: 0, leftover: [] });
  // A hundredth of it on a machine with nothing else to do; the patience asked for is ten minutes.
  expect(performance.now() - begun).toBeLessThan(60_000);
});

it('lets no more than eight expressions be waited for at a time', async () => {
  const client = await connect();
  const sessionId = await client.runRaw('read line');
  const waits = Array.from({ length: 9 }, () =>
    client.command('wait_for', { sessionId, regex: 'never', timeoutMs: 300 }),
  );
  const codes = (await Promise.all(waits)).map(({ code }) => code);
  expect(codes.filter((code) => code === 'CAPACITY_EXCEEDED').length).toBe(1);
  expect(codes.filter((code) => code === 'TIMEOUT').length).toBe(8);
  await client.ask('delete_session', { sessionId, gracePeriodMs: 0 });
});
