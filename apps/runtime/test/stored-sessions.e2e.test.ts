/** Conversations that outlive their session, and the daemon. */
import { linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartedDaemons } from '@sessiond/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { untilEvent } from './agent-client.ts';
import { ConnectedClients } from './connected-clients.ts';
import type { TerminalClient } from './terminal-client.ts';

let dir: string;
let stateDir: string;
const clients = new ConnectedClients();
const daemons = new StartedDaemons();

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stored-'));
  stateDir = join(dir, 'state');
});
afterEach(async () => {
  clients.cut();
  for (const end of await daemons.stop()) expect(end).toMatchObject({ leftover: [] });
  rmSync(dir, { recursive: true });
});

async function start(flags: readonly string[] = [], state = stateDir) {
  const daemon = await daemons.start({ flags: ['--no-tcp', '--agent-backends', 'fake', ...flags], stateDir: state });
  return { daemon, client: await clients.connect({ socketPath: daemon.socketPath }) };
}

interface Kept {
  readonly sessionId: string;
  readonly sessionFile: string;
}

/** Starts an agent that has something to keep. */
async function converse(client: TerminalClient, fields: object = {}, message = 'echo hello'): Promise<Kept> {
  const asked = { agent: { backend: 'fake' }, cwd: dir, ...fields };
  const { sessionId } = await client.ask('create_session', asked);
  await client.ask('prompt', { sessionId, message });
  const { sessionFile } = await client.ask('get_state', { sessionId });
  return { sessionId: sessionId as string, sessionFile: sessionFile as string };
}

function load(client: TerminalClient, fields: object): Promise<Record<string, unknown>> {
  return client.command('load_session', { agent: { backend: 'fake' }, ...fields });
}

it('[S38] takes up a conversation by its file, with what was said, its folder and its model', async () => {
  const { client } = await start();
  const kept = await converse(client, { agent: { backend: 'fake', model: 'fake/large' }, name: 'first' });
  await client.ask('delete_session', { sessionId: kept.sessionId });
  const { data } = await load(client, { sessionId: 'again', sessionPath: kept.sessionFile });
  expect(data).toMatchObject({
    sessionId: 'again',
    session: { cwd: dir, name: 'first', sessionFile: kept.sessionFile, model: { provider: 'fake', id: 'large' } },
  });
  const { messages } = await client.ask('get_messages', { sessionId: 'again' });
  expect(JSON.stringify(messages)).toContain('echo hello');
  await client.ask('prompt', { sessionId: 'again', message: 'echo on' });
});

it('[S38] takes up a conversation by the name that its agent has for it', async () => {
  const { client } = await start();
  const { sessionId } = await converse(client);
  const { agentSessionId } = await client.ask('get_state', { sessionId });
  expect(await load(client, { agentSessionId })).toMatchObject({ code: 'SESSION_BUSY' });
  await client.ask('delete_session', { sessionId });
  expect(await load(client, { agentSessionId })).toMatchObject({ data: { session: { agentSessionId, cwd: dir } } });
  const missing = await load(client, { agentSessionId: 'nobody' });
  expect(missing).toMatchObject({ code: 'INVALID_COMMAND', details: { field: 'agentSessionId' } });
});

it('[S38] loads only conversations below the folders allowed, whatever leads there, and tells nothing of others', async () => {
  const roots = join(dir, 'roots');
  mkdirSync(join(roots, 'folder.jsonl'), { recursive: true });
  const { client } = await start(['--agent-roots', roots]);
  const { sessionId, sessionFile } = await converse(client);
  await client.ask('delete_session', { sessionId });
  linkSync(sessionFile, join(roots, 'kept.jsonl'));
  writeFileSync(join(dir, 'secret'), '{"type":"session","id":"x"}\n');
  symlinkSync(join(dir, 'secret'), join(roots, 'way-out.jsonl'));
  symlinkSync(join(roots, 'kept.jsonl'), join(dir, 'way-in.jsonl'));
  writeFileSync(join(roots, 'notes.jsonl'), 'my notes\n');
  writeFileSync(join(roots, 'other.jsonl'), '{"type":"message"}\n');
  writeFileSync(join(roots, 'empty.jsonl'), '');
  const refused: [string, string][] = [
    [join(dir, 'secret'), 'outside the folders'],
    [join(dir, 'nothing'), 'outside the folders'],
    [join(roots, 'way-out.jsonl'), 'outside the folders'],
    [`${roots}/../secret`, 'outside the folders'],
    [`${roots}-beside/a.jsonl`, 'outside the folders'],
    [join(roots, 'nothing.jsonl'), 'no such file'],
    [join(roots, 'folder.jsonl'), 'no regular file'],
    [join(roots, 'notes.jsonl'), 'no conversation'],
    [join(roots, 'other.jsonl'), 'no conversation'],
    [join(roots, 'empty.jsonl'), 'no conversation'],
    ['kept.jsonl', 'absolute'],
  ];
  for (const [sessionPath, reason] of refused) {
    const answer = await load(client, { sessionPath });
    expect(answer, sessionPath).toMatchObject({ code: 'INVALID_COMMAND', details: { field: 'sessionPath' } });
    expect(answer['error'], sessionPath).toContain(reason);
    expect(answer['error']).not.toContain(dir);
  }
  expect(readdirSync(roots).length).toBe(6);
  expect(await load(client, { sessionPath: join(dir, 'way-in.jsonl') })).toMatchObject({ success: true });
});

it('[S38] lets one session at a time have a conversation, also of two daemons, and names nobody', async () => {
  const { client } = await start();
  const { sessionId, sessionFile } = await converse(client);
  const other = (await start(['--agent-roots', join(stateDir, 'fake-agent')], join(dir, 'other-state'))).client;
  const alias = join(dir, 'state', 'fake-agent', 'alias.jsonl');
  symlinkSync(sessionFile, alias);
  for (const [who, sessionPath] of [
    [client, sessionFile],
    [client, alias],
    [other, sessionFile],
  ] as const) {
    const answer = await load(who, { sessionPath });
    expect(answer).toMatchObject({ code: 'SESSION_BUSY' });
    expect(JSON.stringify(answer)).not.toContain(sessionId);
  }
  await client.ask('delete_session', { sessionId });
  const [one, two] = await Promise.all([
    load(client, { sessionPath: sessionFile }),
    load(client, { sessionPath: alias }),
  ]);
  expect([one['success'], two['success']].toSorted()).toEqual([false, true]);
  const { sessionId: winner } = (one['success'] ? one : two)['data'] as { sessionId: string };
  await client.ask('delete_session', { sessionId: winner });
  expect(await load(other, { sessionPath: sessionFile })).toMatchObject({ success: true });
  expect(await load(client, { sessionPath: sessionFile })).toMatchObject({ code: 'SESSION_BUSY' });
});

it('[S38] goes to another conversation by the same rules, and lets go of the one it had', async () => {
  const { client } = await start();
  const first = await converse(client, {}, 'echo first');
  const second = await converse(client, {}, 'echo second');
  const go = (sessionPath: string) =>
    client.command('switch_session_file', { sessionId: second.sessionId, sessionPath });
  expect(await go(join(dir, 'nothing'))).toMatchObject({ code: 'INVALID_COMMAND', details: { field: 'sessionPath' } });
  expect(await go(first.sessionFile)).toMatchObject({ code: 'SESSION_BUSY' });
  await client.ask('delete_session', { sessionId: first.sessionId });
  expect(await go(first.sessionFile)).toMatchObject({ data: { cancelled: false } });
  const { messages } = await client.ask('get_messages', { sessionId: second.sessionId });
  expect(JSON.stringify(messages)).toContain('echo first');
  expect(await load(client, { sessionPath: first.sessionFile })).toMatchObject({ code: 'SESSION_BUSY' });
  expect(await load(client, { sessionPath: second.sessionFile })).toMatchObject({ success: true });
});

it('lists conversations, newest first, with the session that has each open', async () => {
  const { client } = await start();
  const first = await converse(client, { name: 'one' });
  const second = await converse(client, { cwd: '/' });
  await client.ask('delete_session', { sessionId: first.sessionId });
  const { sessions } = await client.ask('list_stored_sessions');
  expect(sessions).toMatchObject([
    { backend: 'fake', sessionPath: second.sessionFile, cwd: '/', sessionId: second.sessionId },
    { backend: 'fake', sessionPath: first.sessionFile, cwd: dir, name: 'one', firstMessage: 'echo hello' },
  ]);
  expect((sessions as object[])[1]).not.toHaveProperty('sessionId');
  expect(await client.ask('list_stored_sessions', { cwd: dir })).toMatchObject({
    sessions: [{ sessionPath: first.sessionFile }],
  });
  expect(await client.ask('list_stored_sessions', { limit: 1 })).toMatchObject({ truncated: true });
  const unknown = await client.command('list_stored_sessions', { backend: 'none' });
  expect(unknown).toMatchObject({ code: 'AGENT_UNAVAILABLE' });
});

it('[S38] [S39] goes on with a conversation after kill -9 in the middle of a turn, by the id of its session alone', async () => {
  const first = await start();
  const { sessionId, sessionFile } = await converse(first.client, { sessionId: 'work', name: 'mine', laneId: 'l' });
  const before = await first.client.ask('get_state', { sessionId });
  await first.client.ask('switch_session', { sessionId, after: (before['end'] as number) - 1 });
  const prompt = { id: 'p-1', sessionId, message: 'hang' };
  void first.client.command('prompt', prompt).catch(() => {});
  await untilEvent(first.client, 'agent_start');
  await first.daemon.kill();

  const { client } = await start();
  expect(await client.command('prompt', prompt)).toMatchObject({ code: 'INTERRUPTED_BY_RESTART', replayed: true });
  const kept = { sessionId, kind: 'agent', name: 'mine', owner: 'owner', laneId: 'l', sessionFile, cwd: dir };
  const model = { provider: 'fake' };
  const lost = await client.ask('get_state', { sessionId });
  expect(lost).toMatchObject({ ...kept, model, state: 'stopped', exit: { reason: 'lost' }, version: 2, commands: [] });
  expect(lost).not.toHaveProperty('pid');
  expect(await client.command('prompt', { sessionId, message: 'echo x' })).toMatchObject({
    code: 'INVALID_STATE',
    error: expect.stringContaining('load_session'),
  });
  const { sessions } = await client.ask('list_sessions');
  expect(sessions).toMatchObject([{ sessionId: 'work', state: 'stopped' }]);

  const { session } = await client.ask('load_session', { sessionId });
  expect(session).toMatchObject({ ...kept, model, state: 'idle', version: 3, createdAt: lost['createdAt'] });
  expect((session as { streamId: string }).streamId).not.toBe(lost['streamId']);
  const { messages } = await client.ask('get_messages', { sessionId });
  expect(JSON.stringify(messages)).toContain('echo hello');
  expect(JSON.stringify(messages)).toContain('hang');
  expect(await client.ask('prompt', { sessionId, message: 'echo back' })).toMatchObject({ text: 'back' });
  expect(await client.command('load_session', { sessionId })).toMatchObject({ code: 'INVALID_STATE' });
  expect((await client.ask('list_sessions'))['sessions']).toHaveLength(1);
});

it('[S38] follows a session of an earlier run as one exact gap, and renames it', async () => {
  const first = await start();
  const { sessionId } = await converse(first.client, { sessionId: 'work' });
  await first.daemon.stop();
  const { client } = await start();
  const { streamId, end } = await client.ask('get_state', { sessionId });
  const attached = await client.ask('attach', { sessionId, from: 1, streamId });
  expect(attached).toMatchObject({ streamId, from: 1, start: end, end, state: 'stopped' });
  await untilEvent(client, 'events_gap');
  expect(client.eventsOf('events_gap')).toMatchObject([{ event: { from: 1, to: end } }]);
  await client.ask('set_session_name', { sessionId, name: 'renamed' });
  const { session } = await client.ask('load_session', { sessionId });
  expect(session).toMatchObject({ name: 'renamed', version: 4 });
});

it('[S38] tells who followed a session that is taken up again of it, and of its events once that is asked for again', async () => {
  const { client } = await start();
  const { sessionId } = await converse(client, { sessionId: 'work' });
  await client.ask('switch_session', { sessionId });
  await client.ask('terminate', { sessionId });
  await untilEvent(client, 'agent_stopped');
  const { session } = await client.ask('load_session', { sessionId });
  expect(client.eventsOf('session_created').at(-1)).toMatchObject({ event: { session } });
  await client.ask('switch_session', { sessionId });
  await client.ask('prompt', { sessionId, message: 'echo back' });
  await untilEvent(client, 'agent_end');
});

it('says what it cannot take up again: a terminal, an id that nobody has, a file that is gone', async () => {
  const first = await start();
  const { sessionId, sessionFile } = await converse(first.client);
  await first.client.ask('create_session', { sessionId: 'term', kind: 'pty', pty: { command: 'cat' } });
  await first.daemon.stop();
  const { client } = await start();
  expect(await client.command('load_session', { sessionId: 'term' })).toMatchObject({ code: 'INVALID_STATE' });
  expect(await client.command('load_session', { sessionId: 'none' })).toMatchObject({ code: 'SESSION_NOT_FOUND' });
  rmSync(sessionFile);
  const gone = await client.command('load_session', { sessionId });
  expect(gone).toMatchObject({ code: 'INVALID_STATE', error: expect.stringContaining('kept nothing') });
  expect(gone['error']).not.toContain(dir);
  expect(await client.ask('get_state', { sessionId })).toMatchObject({ state: 'stopped' });
});
