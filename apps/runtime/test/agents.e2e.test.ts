import { startDaemon } from '@sessiond/testkit';
import { expect, it } from 'vitest';
import { followAgent, numbered, startAgent, textOf, untilEvent } from './agent-client.ts';
import { shareDaemon } from './shared-daemon.ts';

const { connect } = shareDaemon({ flags: ['--no-tcp', '--agent-backends', 'fake', '--agent-abort-ms', '500'] });

it('starts an agent, has it answer, and tells everything that happens in numbers without a hole', async () => {
  const { client, sessionId } = await followAgent(connect, { name: 'first' });
  const answer = await client.command('prompt', { id: 'p-1', sessionId, message: 'echo good day' });
  expect(answer).toMatchObject({
    success: true,
    data: { sessionId, stopReason: 'stop', text: 'good day', truncated: false },
    sessionVersion: 2,
  });
  await client.until(() => numbered(client, sessionId).at(-1)?.event['to'] === 'idle');
  const events = numbered(client, sessionId);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['agent_start', 'message_update', 'agent_end']),
  );
  expect(events.find(({ type }) => type === 'agent_start')?.correlationId).toBe('p-1');
  expect(textOf(client, sessionId)).toBe('good day');
  const info = { sessionId, kind: 'agent', name: 'first', state: 'idle', backend: 'fake', version: 2, attached: 1 };
  expect(await client.ask('get_state', { sessionId })).toMatchObject({ ...info, dialogs: [], isStreaming: false });
});

it('[S26] answers steer, get_state and abort at once while a prompt runs, and the prompt as cancelled', async () => {
  const { client, sessionId } = await followAgent(connect);
  const prompted = client.command('prompt', { sessionId, message: 'hang' });
  await untilEvent(client, 'agent_start');
  // All of these are answered while a prompt runs that would never end by itself.
  expect(await client.ask('get_state', { sessionId })).toMatchObject({ state: 'running' });
  await client.ask('steer', { sessionId, message: 'hurry' });
  expect(await client.ask('get_state', { sessionId })).toMatchObject({ steering: ['hurry'] });
  expect(await client.ask('abort', { sessionId })).toEqual({ sessionId, aborted: true });
  expect(await client.ask('get_state', { sessionId })).toMatchObject({ state: 'idle', steering: [] });
  expect(await prompted).toMatchObject({ success: false, code: 'CANCELLED' });
  expect(await client.ask('abort', { sessionId })).toEqual({ sessionId, aborted: false });
});

it('[S26] ends nothing of a prompt that is sent right behind an abort at rest', async () => {
  const { client, sessionId } = await followAgent(connect);
  for (const message of ['echo one', 'echo two', 'echo three']) {
    const abort = client.ask('abort', { sessionId });
    const prompt = client.ask('prompt', { sessionId, message });
    expect(await abort).toMatchObject({ aborted: false });
    expect(await prompt).toMatchObject({ stopReason: 'stop', text: message.slice(5) });
  }
});

it('[S26] lets a working agent be steered, and refuses that while it rests', async () => {
  const { client, sessionId } = await followAgent(connect);
  const prompted = client.ask('prompt', { sessionId, message: 'queue' });
  await untilEvent(client, 'agent_start');
  await client.ask('steer', { sessionId, message: 'blue' });
  expect(await prompted).toMatchObject({ text: expect.stringContaining('blue') });
  expect(await client.command('steer', { sessionId, message: 'late' })).toMatchObject({ code: 'INVALID_STATE' });
});

it('[S26] ends an agent that ignores its abort with what it runs in, and goes on with it', async () => {
  const { client, sessionId } = await followAgent(connect);
  const prompted = client.command('prompt', { sessionId, message: 'stubborn' });
  // That of the model, from which on it ignores everything.
  await untilEvent(client, 'message_start', 2);
  expect(await client.ask('abort', { sessionId })).toMatchObject({ aborted: true });
  expect(await prompted).toMatchObject({ success: false });
  await untilEvent(client, 'agent_restarted');
  expect(await client.ask('prompt', { sessionId, message: 'echo again' })).toMatchObject({ text: 'again' });
  expect(await client.ask('get_state', { sessionId })).toMatchObject({ restarts: 1, state: 'idle' });
});

it('[S26] runs prompts one after the other, and ends one that waits without ending the one that runs', async () => {
  const { client, sessionId } = await followAgent(connect);
  const first = client.command('prompt', { sessionId, message: 'hang' });
  await untilEvent(client, 'agent_start');
  const second = client.command('prompt', { id: 'second', sessionId, message: 'echo second' });
  const third = client.command('prompt', { sessionId, message: 'echo third' });
  await client.ask('cancel_command', { commandId: 'second' });
  expect(await second).toMatchObject({ code: 'CANCELLED' });
  expect(await client.ask('get_state', { sessionId })).toMatchObject({ state: 'running' });
  await client.ask('abort', { sessionId });
  expect(await first).toMatchObject({ code: 'CANCELLED' });
  expect(await third).toMatchObject({ success: true, data: { text: 'third' } });
  expect(textOf(client, sessionId)).toBe('third');
});

it('[AS01] aborts a turn at its deadline, by cancel_command, and when the client is gone that asked for that', async () => {
  const { client, sessionId } = await followAgent(connect);
  const late = await client.command('prompt', { sessionId, message: 'hang', timeoutMs: 200 });
  expect(late).toMatchObject({ code: 'TIMEOUT', timedOut: true });
  expect(await client.ask('get_state', { sessionId })).toMatchObject({ state: 'idle' });

  const cancelled = client.command('prompt', { id: 'turn', sessionId, message: 'hang' });
  await untilEvent(client, 'agent_start', 2);
  expect(await client.ask('cancel_command', { commandId: 'turn' })).toMatchObject({ cancelled: true });
  expect(await cancelled).toMatchObject({ code: 'CANCELLED' });
  expect(await client.ask('get_state', { sessionId })).toMatchObject({ state: 'idle' });

  const other = await connect();
  void other.command('prompt', { sessionId, message: 'hang', cancelOnDisconnect: true });
  await untilEvent(client, 'agent_start', 3);
  other.cut();
  await untilEvent(client, 'agent_end', 3);
  expect(await client.ask('prompt', { sessionId, message: 'echo alive' })).toMatchObject({ text: 'alive' });
});

it('[AS01] answers CANCELLED to a compaction that somebody ends, and tells who follows', async () => {
  const { client, sessionId } = await followAgent(connect);
  await client.ask('prompt', { sessionId, message: 'echo one' });
  const other = await connect();
  for (const end of ['abort_compaction', 'abort']) {
    client.events.splice(0);
    const compaction = client.command('compact', { sessionId, customInstructions: 'hang' });
    await untilEvent(client, 'compaction_start');
    expect(await client.ask('get_state', { sessionId })).toMatchObject({ isCompacting: true });
    expect(await other.ask(end, { sessionId })).toMatchObject({ aborted: true });
    expect(await compaction).toMatchObject({ success: false, code: 'CANCELLED' });
    await untilEvent(client, 'compaction_end');
    expect(client.eventsOf('compaction_end')).toMatchObject([{ event: { aborted: true } }]);
  }
  expect(await client.ask('compact', { sessionId })).toMatchObject({ summary: 'Summary of 2 messages.' });
});

it('[AS02] goes on with a turn whose client is gone, for whoever comes next', async () => {
  const { client, sessionId } = await followAgent(connect);
  const other = await connect();
  void other.command('prompt', { id: 'left-behind', sessionId, message: 'slow 300' });
  await untilEvent(client, 'agent_start');
  other.cut();
  expect(await client.ask('prompt', { id: 'next', sessionId, message: 'echo next' })).toMatchObject({ text: 'next' });
  expect(await client.command('prompt', { id: 'left-behind', sessionId, message: 'slow 300' })).toMatchObject({
    success: true,
    replayed: true,
  });
});

it('tells what is known of the failure of a provider, and of a process that ended', async () => {
  const { client, sessionId } = await followAgent(connect);
  expect(await client.command('prompt', { sessionId, message: 'fail 429 1500' })).toMatchObject({
    success: false,
    code: 'AGENT_FAILED',
    details: { provider: { provider: 'fake', kind: 'http', status: 429, retryAfterMs: 1500 } },
  });
  expect(await client.command('prompt', { sessionId, message: 'crash' })).toMatchObject({
    success: false,
    code: 'AGENT_FAILED',
    details: { interrupted: true },
  });
  await untilEvent(client, 'agent_restarted');
  expect(await client.ask('prompt', { sessionId, message: 'echo back' })).toMatchObject({ text: 'back' });
});

it('[S27] lets a second client answer the dialog that a prompt of the first has raised', async () => {
  const { client, sessionId } = await followAgent(connect);
  const prompted = client.ask('prompt', { sessionId, message: 'dialog select' });
  await untilEvent(client, 'extension_ui_request');
  const second = await connect();
  const { requests } = (await second.ask('list_pending_ui', { sessionId })) as {
    requests: { requestId: string; options: string[] }[];
  };
  expect(await second.ask('get_state', { sessionId })).toMatchObject({ dialogs: requests, pendingDialogs: 1 });
  const [request] = requests;
  await second.ask('attach', { sessionId });
  await untilEvent(second, 'extension_ui_request');
  await second.ask('extension_ui_response', { sessionId, requestId: request!.requestId, value: request!.options[1] });
  expect(await prompted).toMatchObject({ text: expect.stringContaining(request!.options[1]!) });
  expect(client.eventsOf('extension_ui_resolved')).toMatchObject([
    { event: { requestId: request!.requestId, end: 'answered' } },
  ]);
  const late = { sessionId, requestId: request!.requestId, value: request!.options[0] };
  expect(await client.command('extension_ui_response', late)).toMatchObject({ code: 'INVALID_STATE' });
});

it('[S28] refuses an answer that the dialog does not allow, which goes on, and takes the next one', async () => {
  const { client, sessionId } = await followAgent(connect);
  const prompted = client.ask('prompt', { sessionId, message: 'dialog select' });
  await untilEvent(client, 'extension_ui_request');
  const { dialogs } = (await client.ask('get_state', { sessionId })) as { dialogs: { requestId: string }[] };
  const about = { sessionId, requestId: dialogs[0]!.requestId };
  const answers = [{ value: 'none of them' }, { confirmed: true }, { value: 'a', confirmed: true }, {}, { value: 5 }];
  for (const answer of answers) {
    expect(await client.command('extension_ui_response', { ...about, ...answer })).toMatchObject({
      code: 'INVALID_COMMAND',
      details: { field: 'value' },
    });
  }
  const unknown = { sessionId, requestId: 'ui-0', cancelled: true };
  expect(await client.command('extension_ui_response', unknown)).toMatchObject({ code: 'INVALID_STATE' });
  await client.ask('extension_ui_response', { ...about, cancelled: true });
  expect(await prompted).toMatchObject({ stopReason: 'stop' });
  expect(client.eventsOf('extension_ui_resolved')).toMatchObject([{ event: { end: 'cancelled' } }]);
});

it('[S28] takes dialogs back when the turn is aborted', async () => {
  const { client, sessionId } = await followAgent(connect);
  const prompted = client.command('prompt', { sessionId, message: 'dialog confirm' });
  await untilEvent(client, 'extension_ui_request');
  await client.ask('abort', { sessionId });
  expect(await prompted).toMatchObject({ code: 'CANCELLED' });
  expect(client.eventsOf('extension_ui_resolved')).toMatchObject([{ event: { end: 'aborted' } }]);
  expect(await client.ask('list_pending_ui', { sessionId })).toEqual({ requests: [] });
});

it('[AS04] lets who attached to an agent as observer only watch', async () => {
  const { client, sessionId } = await followAgent(connect);
  const watcher = await connect();
  await watcher.ask('attach', { sessionId, role: 'observer' });
  const acts: [string, Record<string, unknown>][] = [
    ['prompt', { message: 'echo' }],
    ['steer', { message: 'echo' }],
    ['abort', {}],
    ['extension_ui_response', { requestId: 'ui-1', cancelled: true }],
    ['set_model', { provider: 'fake', modelId: 'large' }],
    ['bash', { command: 'true' }],
  ];
  for (const [type, fields] of acts)
    expect(await watcher.command(type, { sessionId, ...fields })).toMatchObject({ code: 'FORBIDDEN' });
  expect(await watcher.ask('get_messages', { sessionId })).toMatchObject({ total: 0 });
  await client.ask('prompt', { sessionId, message: 'echo watched' });
  await watcher.until(() => textOf(watcher, sessionId) === 'watched');
});

it("[S37] knows the thinking levels of the engine, and no others, and keeps the model a session's own", async () => {
  const { client, sessionId } = await followAgent(connect);
  const other = await startAgent(client, { agent: { backend: 'fake', thinkingLevel: 'low' } });
  expect(await client.ask('set_thinking_level', { sessionId, level: 'high' })).toEqual({ sessionId, level: 'high' });
  expect(await client.command('set_thinking_level', { sessionId, level: 'enormous' })).toMatchObject({
    code: 'INVALID_COMMAND',
    error: expect.stringContaining('off, low, high'),
    details: { field: 'level' },
  });
  await client.ask('set_model', { sessionId, provider: 'fake', modelId: 'large' });
  expect(await client.ask('get_state', { sessionId })).toMatchObject({ thinkingLevel: 'high', model: { id: 'large' } });
  expect(await client.ask('get_state', { sessionId: other })).toMatchObject({
    thinkingLevel: 'low',
    model: { id: 'small' },
  });
});

it('[AS04] answers what the other kind of session knows with both kinds', async () => {
  const { client, sessionId } = await followAgent(connect);
  const terminal = await client.run('cat', []);
  for (const [type, fields] of [
    ['input', { data: 'x' }],
    ['resize', { cols: 80, rows: 24 }],
    ['signal', { signal: 'SIGINT' }],
    ['read_output', {}],
    ['wait_for', { exit: true }],
    ['get_buffer_stats', {}],
  ] as const) {
    expect(await client.command(type, { sessionId, ...fields })).toMatchObject({
      code: 'INVALID_STATE',
      error: `Cannot run ${type}: the session is of kind agent, not pty`,
    });
  }
  expect(await client.command('prompt', { sessionId: terminal, message: 'hi' })).toMatchObject({
    code: 'INVALID_STATE',
    error: 'Cannot run prompt: the session is of kind pty, not agent',
  });
  expect(await client.ask('health_check')).toMatchObject({ sessions: { pty: 1, agent: expect.any(Number) } });
  await client.ask('delete_session', { sessionId: terminal });
});

it('[AS02] ends an agent and keeps what it said, until it is deleted', async () => {
  const { client, sessionId } = await followAgent(connect);
  await client.ask('prompt', { sessionId, message: 'echo last words' });
  const running = client.command('prompt', { sessionId, message: 'hang' });
  await untilEvent(client, 'agent_start', 2);
  const exit = { exitCode: null, signal: null, reason: 'terminated' };
  expect(await client.ask('terminate', { sessionId })).toMatchObject({ exit, forceKilled: false });
  expect(await running).toMatchObject({ success: false });
  await untilEvent(client, 'agent_stopped');
  expect(numbered(client, sessionId).at(-1)).toMatchObject({ type: 'agent_stopped', event: { reason: 'terminated' } });
  expect(await client.ask('get_state', { sessionId })).toMatchObject({ state: 'stopped', exit });
  expect(await client.command('prompt', { sessionId, message: 'echo' })).toMatchObject({
    code: 'INVALID_STATE',
    error: 'Cannot run prompt: the agent is stopped (terminated)',
  });
  const late = await connect();
  const { start, end } = await late.ask('attach', { sessionId });
  await late.until(() => numbered(late, sessionId).length === (end as number) - (start as number));
  expect(textOf(late, sessionId)).toBe('last words');
  await client.ask('delete_session', { sessionId });
  await untilEvent(late, 'session_deleted');
  expect(await client.command('get_state', { sessionId })).toMatchObject({ code: 'SESSION_NOT_FOUND' });
});

it('[AS05] refuses an agent that is not there, and a model it does not know, and leaves nothing behind', async () => {
  const client = await connect();
  const create = (agent: object) => client.command('create_session', { sessionId: 'refused', agent, cwd: '/tmp' });
  expect(await create({ backend: 'pi' })).toMatchObject({
    code: 'AGENT_UNAVAILABLE',
    details: { field: 'agent.backend', backends: ['fake'] },
  });
  expect(await create({ backend: 'fake', model: 'enormous' })).toMatchObject({ code: 'INVALID_COMMAND' });
  expect(await client.command('get_state', { sessionId: 'refused' })).toMatchObject({ code: 'SESSION_NOT_FOUND' });
  expect(await create({ backend: 'fake' })).toMatchObject({ success: true });
});

it('[AS01] ends a turn when the server ends, which is over in order', async () => {
  const own = await startDaemon({
    flags: ['--no-tcp', '--agent-backends', 'fake', '--drain-ms', '1000', '--grace-ms', '100'],
  });
  const { client, sessionId } = await followAgent(() => connect({ socketPath: own.socketPath }));
  const prompted = client.command('prompt', { sessionId, message: 'hang' });
  await untilEvent(client, 'agent_start');
  const ended = own.stop();
  expect(await prompted).toMatchObject({ success: false, code: 'SHUTTING_DOWN' });
  await untilEvent(client, 'agent_stopped');
  expect(numbered(client, sessionId).at(-1)).toMatchObject({ event: { reason: 'shutdown' } });
  expect(await ended).toMatchObject({ exitCode: 0, leftover: [] });
});
