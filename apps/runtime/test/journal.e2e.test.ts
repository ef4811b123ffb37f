import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runDaemon, StartedDaemons, type TestDaemon, WireClient } from '@sessiond/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { comparable } from './journal-load.ts';

let dir: string;
let stateDir: string;
const daemons = new StartedDaemons();

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-journal-'));
  stateDir = join(dir, 'state');
});
afterEach(async () => {
  await daemons.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function start(...flags: readonly string[]): Promise<{ daemon: TestDaemon; wire: WireClient }> {
  const daemon = await daemons.start({ stateDir, flags });
  return { daemon, wire: await WireClient.connect({ socketPath: daemon.socketPath }) };
}

const session = (sessionId: string, id = `create-${sessionId}`) => ({
  type: 'create_session',
  id,
  sessionId,
  kind: 'pty',
  pty: { command: 'cat', args: [] },
});
const rename = (id: string, sessionId: string, name: string) => ({ type: 'set_session_name', id, sessionId, name });

it('[S01] [S02] tells what it found of earlier runs right after the greeting, in counts and times only', async () => {
  const first = await start();
  expect(await first.wire.next()).toContain('"server_ready"');
  const summary = JSON.parse(String(await first.wire.next()));
  expect(summary).toMatchObject({
    type: 'startup_recovery_summary',
    data: { journal: 'sync', previousRun: 'none', outcomes: 0, interrupted: 0, setAside: false },
  });
  await first.wire.command(session('secret-name'));
  await first.daemon.kill();
  const second = await start();
  await second.wire.next();
  const text = String(await second.wire.next());
  expect(JSON.parse(text)).toMatchObject({
    data: { previousRun: 'interrupted', outcomes: 1, sessions: 1, lostSessions: 1, missingWrites: 0 },
  });
  expect(text).not.toMatch(/secret-name|owner|create/);
});

it('[S02] tells nothing where no journal is kept, and lists no commands there', async () => {
  const { wire } = await start('--journal', 'off');
  expect(await wire.next()).toContain('"server_ready"');
  wire.send({ type: 'get_startup_recovery', id: 'r' });
  expect(JSON.parse(String(await wire.next()))).toMatchObject({ id: 'r', data: { journal: 'off' } });
  expect(await wire.command({ type: 'get_command_history', id: 'h' })).toMatchObject({ code: 'INVALID_STATE' });
  expect(readdirSync(stateDir)).not.toContain('journal');
});

it('[S39] replays what an id was promised because of the key of another, and what a key was interrupted with', async () => {
  const file = join(dir, 'ran');
  const first = await start();
  await first.wire.command(session('a'));
  const keyed = { ...rename('n1', 'a', 'first'), idempotencyKey: 'key' };
  await first.wire.command(keyed);
  const taken = await first.wire.command({ ...keyed, id: 'n2' });
  expect(taken).toMatchObject({ id: 'n2', success: true, replayed: true });
  const running = { type: 'bash', id: 'b1', sessionId: 'a', command: `echo once >> ${file}; sleep 60` };
  first.wire.send({ ...running, idempotencyKey: 'run' });
  await expect.poll(() => statSync(file, { throwIfNoEntry: false })?.size ?? 0).toBeGreaterThan(0);
  await first.daemon.kill();

  const { wire } = await start();
  expect(await wire.command(rename('n2', 'a', 'first'))).toEqual(taken);
  expect(await wire.command(rename('n2', 'a', 'another'))).toMatchObject({ code: 'ID_CONFLICT' });
  expect(await wire.command({ ...running, id: 'b2', idempotencyKey: 'run' })).toMatchObject({
    code: 'INTERRUPTED_BY_RESTART',
    replayed: true,
  });
  expect(statSync(file).size).toBe('once\n'.length);
});

it('[S39] replays what was finished, interrupts what was not, and knows keys, versions and sessions, after kill -9', async () => {
  const file = join(dir, 'ran');
  const first = await start();
  const created = await first.wire.command(session('a'));
  const named = await first.wire.command({ ...rename('n1', 'a', 'first'), idempotencyKey: 'key' });
  expect(named).toMatchObject({ success: true, sessionVersion: 2 });
  const failed = await first.wire.command({ ...rename('n2', 'a', 'x'), ifSessionVersion: 9 });
  expect(failed).toMatchObject({ code: 'SESSION_VERSION_MISMATCH' });
  const running = { type: 'bash', id: 'b1', sessionId: 'a', command: `echo once >> ${file}; sleep 60` };
  first.wire.send(running);
  await expect.poll(() => statSync(file, { throwIfNoEntry: false })?.size ?? 0).toBeGreaterThan(0);
  await first.daemon.kill();

  const { wire } = await start();
  for (const [sent, answer] of [
    [session('a'), created],
    [{ ...rename('n1', 'a', 'first'), idempotencyKey: 'key' }, named],
    [{ ...rename('n2', 'a', 'x'), ifSessionVersion: 9 }, failed],
  ] as const) {
    const replay = await wire.command(sent);
    expect(replay['replayed']).toBe(true);
    expect(comparable(replay)).toBe(comparable(answer));
  }
  expect(await wire.command({ ...rename('other-id', 'a', 'first'), idempotencyKey: 'key' })).toMatchObject({
    replayed: true,
    sessionVersion: 2,
  });
  for (let time = 0; time < 2; time += 1) {
    expect(await wire.command(running)).toMatchObject({ code: 'INTERRUPTED_BY_RESTART', replayed: true });
  }
  expect(statSync(file).size).toBe('once\n'.length);
  expect(await wire.command({ ...running, id: 'b2' })).toMatchObject({ code: 'INVALID_STATE' });

  const { data } = await wire.command({ type: 'get_state', id: 's', sessionId: 'a' });
  expect(data).toMatchObject({
    state: 'stopped',
    exit: { exitCode: null, signal: null, reason: 'lost' },
    version: 2,
    name: 'first',
    owner: 'owner',
    streamId: (created['data'] as { session: { streamId: string } }).session.streamId,
  });
  expect(await wire.command({ ...rename('n3', 'a', 'y'), ifSessionVersion: 2 })).toMatchObject({ sessionVersion: 3 });
  expect(await wire.command({ type: 'get_startup_recovery', id: 'r' })).toMatchObject({
    data: {
      interrupted: 1,
      interruptedCommands: [{ command: 'bash', commandId: 'b1', sessionId: 'a', principalId: 'owner' }],
    },
  });
});

it('[S16] [S39] forgets an idempotency key with the session it was for, also when that was deleted before a restart', async () => {
  const first = await start();
  await first.wire.command(session('a'));
  await first.wire.command({ ...rename('n1', 'a', 'one'), idempotencyKey: 'key' });
  await first.daemon.kill();
  const { wire } = await start();
  await wire.command({ type: 'delete_session', id: 'd1', sessionId: 'a' });
  await wire.command(session('a', 'create-again'));
  const anew = await wire.command({ ...rename('n2', 'a', 'one'), idempotencyKey: 'key' });
  expect(anew).toMatchObject({ success: true, sessionVersion: 2 });
  expect(anew).not.toHaveProperty('replayed');
});

it('[S39] lets a client that watched a session resume over a restart, with an exact gap and the end', async () => {
  const first = await start();
  await first.wire.command({ ...session('a'), pty: { command: 'sh', args: ['-c', 'printf 0123456789'] } });
  await first.wire.command({ type: 'wait_for', id: 'w', sessionId: 'a', exit: true });
  await first.daemon.stop();
  const { wire } = await start();
  const attached = await wire.command({ type: 'attach', id: 'at', sessionId: 'a', from: 4 });
  expect(attached).toMatchObject({ data: { from: 4, start: 10, end: 10, state: 'stopped', exit: { exitCode: 0 } } });
  const gap = (await wire.next()) as Buffer;
  expect([gap[0], gap.readBigUInt64BE(8), gap.readBigUInt64BE(16)]).toEqual([4, 4n, 10n]);
  const end = (await wire.next()) as Buffer;
  expect([end[0], end.readBigUInt64BE(8)]).toEqual([5, 10n]);
  const read = { type: 'read_output', id: 'ro', sessionId: 'a', from: 2 };
  expect(await wire.command(read)).toMatchObject({ data: { gap: { from: 2, to: 10 }, next: 10, ended: true } });
  expect(await wire.command({ ...read, id: 'ro2', from: 11 })).toMatchObject({ code: 'INVALID_STATE' });
  expect(await wire.command({ type: 'input', id: 'i', sessionId: 'a', data: 'x' })).toMatchObject({
    code: 'INVALID_STATE',
  });
});

it('[S39] lists commands by session, id and time, page by page, also those of earlier runs', async () => {
  const first = await start();
  await first.wire.command(session('a'));
  for (let index = 1; index <= 5; index += 1) await first.wire.command(rename(`n${index}`, 'a', `name ${index}`));
  await first.daemon.kill();
  const { wire } = await start();
  await wire.command(rename('n6', 'a', 'name 6'));
  const ask = async (query: object): Promise<{ entries: Record<string, unknown>[]; cursor?: string }> => {
    const answer = await wire.command({
      type: 'get_command_history',
      id: `h-${JSON.stringify(query).length}-${Math.random()}`,
      ...query,
    });
    expect(answer).toMatchObject({ success: true });
    return answer['data'] as never;
  };
  const page = await ask({ sessionId: 'a', limit: 4 });
  const rest = await ask({ sessionId: 'a', limit: 4, cursor: page.cursor });
  expect([...page.entries, ...rest.entries].map(({ commandId }) => commandId)).toEqual([
    ...['n6', 'n5', 'n4', 'n3', 'n2', 'n1'],
    'create-a',
  ]);
  expect(page.entries[0]).toMatchObject({ command: 'set_session_name', kept: { name: 'name 6' }, state: 'succeeded' });
  const [byId] = (await ask({ commandId: 'n3' })).entries;
  expect(byId).toMatchObject({ number: 4, sessionVersion: 4 });
  expect((await ask({ from: byId!['acceptedAt'], to: byId!['acceptedAt'] })).entries).toEqual([]);
});

it('[S39] has a journal for its owner alone, and for one daemon', async () => {
  const { daemon, wire } = await start();
  await wire.command(session('a'));
  expect(statSync(join(stateDir, 'journal')).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(join(stateDir, 'journal', 'store'))) {
    expect(statSync(join(stateDir, 'journal', 'store', name)).mode & 0o777, name).toBe(0o600);
  }
  const args = ['--state-dir', stateDir, '--no-tcp', '--socket', join(dir, 'other.sock')];
  const { stderr, exitCode } = await runDaemon(args, { homeDir: dir });
  expect(exitCode).toBe(75);
  expect(stderr).toContain(`process ${daemon.pid} has the journal`);
});

it('[S39] sets aside what is no journal, or damaged, and says so, but never one of a newer version', async () => {
  mkdirSync(join(stateDir, 'journal'), { recursive: true, mode: 0o700 });
  writeFileSync(join(stateDir, 'journal', 'notes.txt'), 'mine');
  const first = await start();
  await first.wire.next();
  expect(JSON.parse(String(await first.wire.next()))).toMatchObject({ data: { setAside: true } });
  expect(await first.wire.command({ type: 'health_check', id: 'h' })).toMatchObject({
    data: { checks: expect.arrayContaining([expect.objectContaining({ name: 'journal', status: 'degraded' })]) },
  });
  const [aside] = readdirSync(stateDir).filter((name) => name.startsWith('journal.corrupt-'));
  expect(readdirSync(join(stateDir, aside!))).toEqual(['notes.txt']);
  await first.wire.command(session('a'));
  await first.daemon.kill();

  writeFileSync(join(stateDir, 'journal', 'store', 'CURRENT'), 'damage');
  const second = await start();
  await second.wire.next();
  expect(JSON.parse(String(await second.wire.next()))).toMatchObject({ data: { setAside: true, outcomes: 0 } });
  expect(readdirSync(stateDir).filter((name) => name.startsWith('journal.corrupt-'))).toHaveLength(2);
  await second.daemon.stop();

  writeFileSync(join(stateDir, 'journal', 'format.json'), '{"format":"sessiond-journal","version":99}');
  await expect(start()).rejects.toThrow(/has format 99, this version reads 1/);
});
