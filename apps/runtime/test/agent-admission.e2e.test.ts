/** What stands before agents: the breaker of a provider that fails again and again, the budget of answers, and the places there are. */
import { afterEach, expect, it } from 'vitest';
import { followAgent, startAgent } from './agent-client.ts';
import { shareDaemon } from './shared-daemon.ts';
import type { TerminalClient } from './terminal-client.ts';

/** Enough for everything that is asked while the breaker is open, on a busy machine too. */
const PAUSE_MS = 6_000;

const BREAKER = ['--provider-pause-ms', String(PAUSE_MS), '--provider-slow-ms', '400'];
const LIMITS = ['--max-agent-sessions', '8', '--dialog-answers-per-minute', '3', '--agent-prompt-ms', '3000'];

const { connect } = shareDaemon({ flags: ['--no-tcp', '--agent-backends', 'fake', ...LIMITS, ...BREAKER] });
afterEach(async () => {
  const client = await connect();
  const { sessions } = await client.ask('list_sessions');
  for (const { sessionId } of sessions as { sessionId: string }[]) await client.ask('delete_session', { sessionId });
});

type Answer = Record<string, unknown>;

function prompt(client: TerminalClient, sessionId: string, message: string): Promise<Answer> {
  return client.command('prompt', { sessionId, message });
}

async function breakerOf(client: TerminalClient): Promise<unknown> {
  const { admission } = await client.ask('get_metrics');
  return (admission as { breakers: { name: string }[] }).breakers.find(({ name }) => name === 'provider');
}

function changes(client: TerminalClient): Answer[] {
  return client.eventsOf('breaker_changed').map((message) => message['event'] as Answer);
}

it('[S32] fails the prompt with what the provider said, opens after five such failures for all who ask this model, and recovers', async () => {
  const { client, sessionId } = await followAgent(connect);
  for (let time = 0; time < 5; time += 1) {
    expect(await prompt(client, sessionId, 'fail 500')).toMatchObject({
      code: 'AGENT_FAILED',
      details: { provider: { provider: 'fake', kind: 'http', status: 500 } },
    });
  }
  const refused = await prompt(client, sessionId, 'echo hello');
  expect(refused).toMatchObject({ code: 'CIRCUIT_OPEN', details: { breaker: 'provider' } });
  expect(refused['retryAfterMs']).toBeGreaterThan(0);
  expect(refused['retryAfterMs']).toBeLessThanOrEqual(PAUSE_MS);
  expect(await prompt(client, await startAgent(client), 'echo hello')).toMatchObject({ code: 'CIRCUIT_OPEN' });
  const large = await startAgent(client, { agent: { backend: 'fake', model: 'fake/large' } });
  expect(await prompt(client, large, 'echo hello')).toMatchObject({ success: true });
  // The refused prompts have not reached the agent, which has nothing to say of them.
  const { messages } = await client.ask('get_messages', { sessionId });
  expect(JSON.stringify(messages)).not.toContain('echo hello');

  expect(await breakerOf(client)).toMatchObject({ state: 'closed', openKeys: 1 });
  const { status, checks } = await client.ask('health_check');
  expect(status).toBe('degraded');
  expect(checks).toContainEqual(expect.objectContaining({ name: 'breakers', status: 'degraded' }));
  const change = { breaker: 'provider', scope: 'provider', model: 'fake/small' };
  await client.until(() => changes(client).length === 1);
  expect(changes(client)).toMatchObject([{ ...change, from: 'closed', to: 'open' }]);

  await expect
    .poll(async () => (await prompt(client, sessionId, 'echo hello'))['success'], { interval: 200 })
    .toBe(true);
  expect(await prompt(client, sessionId, 'echo hello')).toMatchObject({ success: true });
  await client.until(() => changes(client).length === 3);
  expect(changes(client).slice(1)).toMatchObject([
    { ...change, to: 'halfOpen' },
    { ...change, to: 'closed' },
  ]);
  const { checks: after } = await client.ask('health_check');
  expect(after).toContainEqual(expect.objectContaining({ name: 'breakers', status: 'ok' }));
});

it('[S32] opens for a model that takes too long to begin its answer, and for nothing else that is slow or goes wrong', async () => {
  const { client, sessionId } = await followAgent(connect, { agent: { backend: 'fake', model: 'fake/large' } });
  for (let time = 0; time < 5; time += 1) {
    expect(await prompt(client, sessionId, 'fail 401')).toMatchObject({ code: 'AGENT_FAILED' });
    expect(await prompt(client, sessionId, 'bash exit 3')).toMatchObject({ success: true });
    const hanging = client.command('prompt', { id: `hang-${time}`, sessionId, message: 'hang' });
    await client.until(() => client.eventsOf('agent_start').length === time * 3 + 3);
    await client.ask('abort', { sessionId });
    expect(await hanging).toMatchObject({ code: 'CANCELLED' });
  }
  expect(await prompt(client, sessionId, 'stream 3 300')).toMatchObject({ success: true });
  for (let time = 0; time < 5; time += 1) {
    expect(await prompt(client, sessionId, 'slow 500')).toMatchObject({ success: true });
  }
  expect(await prompt(client, sessionId, 'echo hello')).toMatchObject({ code: 'CIRCUIT_OPEN' });
});

it('aborts a prompt at the deadline that is configured, and goes on with the session', async () => {
  const { client, sessionId } = await followAgent(connect);
  const began = performance.now();
  expect(await prompt(client, sessionId, 'hang')).toMatchObject({ code: 'TIMEOUT', timedOut: true });
  expect(performance.now() - began).toBeGreaterThanOrEqual(2_900);
  expect(await prompt(client, sessionId, 'echo on')).toMatchObject({ success: true });
});

it('[S32] tells how long the provider asked to be left alone', async () => {
  const { client, sessionId } = await followAgent(connect);
  expect(await prompt(client, sessionId, 'fail 429 7000')).toMatchObject({
    code: 'AGENT_FAILED',
    details: { provider: { status: 429, retryAfterMs: 7000 } },
  });
});

it('[S28] limits the answers to the questions of one agent, whoever sends them, and those to no other', async () => {
  const { client, sessionId } = await followAgent(connect);
  const second = await connect();
  const wrong = { requestId: 'none', cancelled: true };
  const codes = await Promise.all(
    [client, second, client, second].map((each) => each.command('extension_ui_response', { sessionId, ...wrong })),
  );
  expect(codes.filter(({ code }) => code === 'RATE_LIMITED')).toMatchObject([{ details: { limiter: 'answers' } }]);
  const other = await startAgent(client);
  const answer = await client.command('extension_ui_response', { sessionId: other, ...wrong });
  expect(answer['code']).not.toBe('RATE_LIMITED');
  expect(answer['success']).toBe(false);
});

it('runs as many agents as are allowed, and makes room when one is over', async () => {
  const client = await connect();
  const sessions = await Promise.all(Array.from({ length: 8 }, () => startAgent(client)));
  const ninth = { agent: { backend: 'fake' }, cwd: '/tmp' };
  expect(await client.command('create_session', ninth)).toMatchObject({ code: 'SESSION_LIMIT' });
  await client.ask('create_session', { kind: 'pty', pty: { command: 'cat' } });
  await client.ask('terminate', { sessionId: sessions[0]! });
  expect(await client.command('create_session', ninth)).toMatchObject({ success: true });
  expect(await client.command('get_state', { sessionId: sessions[0]! })).toMatchObject({ code: 'SESSION_NOT_FOUND' });
});
