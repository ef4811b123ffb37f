import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acpAgent, isAlive, sessionMembers } from '@sessiond/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { numbered, textOf, untilEvent } from './agent-client.ts';
import { shareDaemon } from './shared-daemon.ts';
import type { TerminalClient } from './terminal-client.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'acp-'));
});
afterAll(() => rm(folder, { recursive: true }));

const { connect } = shareDaemon({ flags: ['--no-tcp', '--agent-backends', 'acp', '--agent-abort-ms', '2000'] });

async function start(fields: Record<string, unknown> = {}) {
  const client = await connect();
  const agent = { backend: 'acp', ...acpAgent('--folder', join(folder, 'kept')), ...fields };
  const { sessionId } = await client.ask('create_session', { agent, cwd: folder });
  await client.ask('switch_session', { sessionId, after: 0 });
  return { client, sessionId: sessionId as string };
}

async function pidOf(client: TerminalClient, sessionId: string): Promise<number> {
  return (await client.ask('get_state', { sessionId }))['pid'] as number;
}

it('[AC01] runs an agent of ACP as a session', async () => {
  const { client, sessionId } = await start();
  expect(await client.ask('prompt', { sessionId, message: 'echo good day' })).toMatchObject({ text: 'good day' });
  expect(textOf(client, sessionId)).toBe('good day');
  expect(await client.ask('get_state', { sessionId })).toMatchObject({
    backend: 'acp',
    state: 'idle',
    model: { provider: 'loopback', id: 'small' },
    thinkingLevel: 'off',
    commands: expect.arrayContaining(['prompt', 'abort', 'set_model', 'get_messages']),
  });
  expect(await client.command('steer', { sessionId, message: 'left' })).toMatchObject({ code: 'INVALID_STATE' });
  expect(await client.command('compact', { sessionId })).toMatchObject({ code: 'INVALID_STATE' });
});

it('[AC03] says what is wrong with an agent that cannot be used', async () => {
  const client = await connect();
  const create = (agent: object) =>
    client.command('create_session', { agent: { backend: 'acp', ...agent }, cwd: folder });
  expect(await create({ command: join(folder, 'nothing') })).toMatchObject({ code: 'AGENT_UNAVAILABLE' });
  expect(await create({})).toMatchObject({ code: 'INVALID_COMMAND' });
  expect(await create(acpAgent('--locked'))).toMatchObject({
    code: 'AGENT_UNAVAILABLE',
    error: expect.stringContaining('log in with the agent itself first, by one of its ways: A key'),
  });
  expect(await client.ask('list_sessions')).toMatchObject({
    sessions: expect.not.arrayContaining([{ kind: 'agent' }]),
  });
});

it('[AC06] runs the programs of an agent in terminals of the daemon, and ends them with an abort', async () => {
  const { client, sessionId } = await start();
  expect(await client.ask('prompt', { sessionId, message: 'bash echo $((6 * 7))' })).toMatchObject({
    text: 'It ended with 0 and said 42',
  });
  const prompted = client.command('prompt', { sessionId, message: 'bash echo pid $$.; sleep 1000 & sleep 1000' });
  await untilEvent(client, 'tool_execution_update', 2);
  const said = numbered(client, sessionId).findLast(({ type }) => type === 'tool_execution_update');
  const leader = Number(/pid (\d+)\./.exec(String(said?.event['delta']))?.[1]);
  // It says its number before it starts the others.
  await expect.poll(() => sessionMembers(leader)).toHaveLength(3);
  expect(await client.ask('abort', { sessionId })).toMatchObject({ aborted: true });
  expect(await prompted).toMatchObject({ success: false, code: 'CANCELLED' });
  await client.until(() => sessionMembers(leader).length === 0);
});

it('[AC06] asks a person for leave, and tells the agent what was answered', async () => {
  const { client, sessionId } = await start();
  const prompted = client.ask('prompt', { sessionId, message: 'permission rm -r build' });
  await untilEvent(client, 'extension_ui_request');
  const { event } = numbered(client, sessionId).findLast(({ type }) => type === 'extension_ui_request')!;
  expect(event).toMatchObject({ method: 'select', title: 'rm -r build', options: ['Allow', 'Reject'] });
  await client.ask('extension_ui_response', { sessionId, requestId: event['requestId'], value: 'Reject' });
  expect(await prompted).toMatchObject({ text: 'You chose no' });
});

it('[AC05] goes on with the conversation after kill -9 of the agent in the middle of a prompt', async () => {
  const { client, sessionId } = await start();
  await client.ask('prompt', { sessionId, message: 'echo one' });
  const [leader] = sessionMembers(await pidOf(client, sessionId));
  const prompted = client.command('prompt', { sessionId, message: 'hang' });
  await untilEvent(client, 'agent_start', 2);
  process.kill(leader!.pid, 'SIGKILL');
  expect(await prompted).toMatchObject({ code: 'AGENT_FAILED', details: { interrupted: true } });
  await untilEvent(client, 'agent_restarted');
  expect(isAlive(leader!)).toBe(false);
  const restarted = numbered(client, sessionId).findLast(({ type }) => type === 'agent_restarted');
  expect(restarted?.event).toMatchObject({ attempt: 1, resumed: true });
  expect(await client.ask('prompt', { sessionId, message: 'remember' })).toMatchObject({
    text: expect.stringContaining('echo one | one'),
  });
});

it.each(['hush', 'orphan'])(
  '[AC05] starts an agent again that is lost by "%s", and leaves nothing of it',
  async (message) => {
    const { client, sessionId } = await start();
    const pid = await pidOf(client, sessionId);
    expect(await client.command('prompt', { sessionId, message })).toMatchObject({
      code: 'AGENT_FAILED',
      details: { interrupted: true },
    });
    await untilEvent(client, 'agent_restarted');
    expect(sessionMembers(pid)).toEqual([]);
    expect(await client.ask('prompt', { sessionId, message: 'echo again' })).toMatchObject({ text: 'again' });
  },
);

it('[AC09] lets no other session wait while an agent keeps its processor busy, floods, and dies', async () => {
  const bad = await start();
  const good = await start();
  const about = { sessionId: bad.sessionId };
  const answered = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time += 1) {
      const prompt = { sessionId: good.sessionId, message: 'echo still here' };
      expect(await good.client.ask('prompt', prompt)).toMatchObject({ text: 'still here' });
    }
  };
  // Who waited for either would wait for ten minutes.
  for (const [index, message] of ['busy 600000', 'flood 600000'].entries()) {
    const prompted = bad.client.command('prompt', { ...about, message });
    await untilEvent(bad.client, 'agent_start', index + 1);
    await answered(5);
    expect(await bad.client.ask('get_state', about)).toMatchObject({ state: 'running' });
    await bad.client.ask('abort', about);
    expect(await prompted).toMatchObject({ code: 'CANCELLED' });
    await untilEvent(bad.client, 'agent_restarted', index + 1);
  }
  const prompted = bad.client.command('prompt', { ...about, message: 'crash' });
  await answered(1);
  expect(await prompted).toMatchObject({ code: 'AGENT_FAILED' });
  expect(await good.client.ask('get_state', { sessionId: good.sessionId })).toMatchObject({ restarts: 0 });
});

it('[AC09] aborts an agent that keeps its processor busy, by ending its process', async () => {
  const { client, sessionId } = await start();
  const [leader] = sessionMembers(await pidOf(client, sessionId));
  const prompted = client.command('prompt', { sessionId, message: 'busy 600000' });
  await untilEvent(client, 'agent_start');
  expect(await client.ask('abort', { sessionId })).toMatchObject({ aborted: true });
  expect(await prompted).toMatchObject({ code: 'CANCELLED' });
  expect(isAlive(leader!)).toBe(false);
  await untilEvent(client, 'agent_restarted');
  expect(await client.ask('prompt', { sessionId, message: 'echo again' })).toMatchObject({ text: 'again' });
});
