import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  agentPackage,
  isRunning,
  type ModelServer,
  modelText,
  needAgent,
  PI_GENERATIONS,
  startModelServer,
  writePiAgentDir,
  writePiExtension,
} from '@sessiond/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent, OpenAgent } from '../src/backend.ts';
import { AgentFailedError } from '../src/errors.ts';
import { PiBackend, type PiBackendOptions } from '../src/pi/index.ts';
import { describeAgentBackend } from './agent-contract.ts';
import { eventProblems } from './event-problems.ts';
import { RecordedProcesses } from './recorded-processes.ts';
import { TestOwner } from './test-owner.ts';

/** What was built last, as it is published: without a compiler a process starts in half the time. */
const BUILT_HOST = fileURLToPath(new URL('../dist/pi/host/main.js', import.meta.url));

/** One red pixel. */
const PICTURE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

const never = (): AbortSignal => new AbortController().signal;

describe.each(PI_GENERATIONS)('real $name', ({ name, node }) => {
  let folder: string;
  let server: ModelServer;
  let processes: RecordedProcesses;
  let backend: PiBackend;
  let sessions = 0;

  beforeEach(async (context) => {
    const pi = needAgent(context, name);
    const program = node && needAgent(context, node);
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'pi-')));
    for (const each of ['work', 'trusted', 'other']) mkdirSync(join(folder, each));
    server = await startModelServer();
    writePiAgentDir(join(folder, 'agent'), server.baseUrl);
    processes = new RecordedProcesses();
    make = (options) =>
      new PiBackend({
        processes,
        packagePath: pi.packageDir,
        nodePath: program?.programPath,
        hostScript: BUILT_HOST,
        agentDir: join(folder, 'agent'),
        trustedWorkspaces: [join(folder, 'trusted')],
        spares: 0,
        supervision: { firstDelayMs: 10 },
        ...options,
      });
    backend = make({});
  });
  let make: (options: Partial<PiBackendOptions>) => PiBackend;

  afterEach(async () => {
    await backend?.close(5_000);
    await server?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  async function open(
    request: Partial<OpenAgent> = {},
    from: PiBackend = backend,
  ): Promise<{ readonly agent: Agent; readonly owner: TestOwner }> {
    const owner = new TestOwner();
    const env = { PATH: process.env['PATH']!, HOME: folder, npm_config_prefix: folder };
    const agent = await from.open(
      {
        sessionId: `s-${sessions++}`,
        cwd: join(folder, 'work'),
        env: { ...env, PROVIDER_KEY: 'secret' },
        toolEnv: { ...env, FOR_TOOLS: 'yes' },
        ...request,
      },
      owner,
      never(),
    );
    return { agent, owner };
  }

  it('answers in pieces that add up to the text, after its thoughts', async () => {
    const { agent, owner } = await open({ name: 'Numbers' });
    server.replyNext({ thinking: 'Hm.', text: modelText(50) });
    const outcome = await agent.prompt({ message: 'count' }, never());
    expect(outcome).toMatchObject({
      stopReason: 'stop',
      text: modelText(50),
      model: { provider: 'loopback', id: 'small' },
    });
    expect(outcome.firstTokenMs).toBeGreaterThan(0);
    expect(owner.said).toBe(modelText(50));
    const thought = owner
      .all('message_update')
      .map(({ assistantMessageEvent: piece }) => (piece.type === 'thinking_delta' ? piece.delta : ''));
    expect(thought.join('')).toBe('Hm.');
    expect(owner.events.flatMap(eventProblems)).toEqual([]);
    expect(agent.status).toMatchObject({ phase: 'idle', name: 'Numbers', messageCount: expect.any(Number) });
    expect(server.requests.at(-1)?.body['stream']).toBe(true);
  });

  it('tells a long reply in little more than its length', async () => {
    const { agent, owner } = await open();
    server.replyNext({ text: modelText(2_000) });
    await agent.prompt({ message: 'count' }, never());
    const bytes = owner.all('message_update').reduce((sum, event) => sum + JSON.stringify(event).length, 0);
    expect(owner.said).toBe(modelText(2_000));
    expect(bytes).toBeLessThan(8_000 * 10);
  });

  it('has commands of tools run by its owner, with the environment for tools', async () => {
    const { agent, owner } = await open();
    const outcome = await agent.prompt(
      { message: 'bash echo "[$FOR_TOOLS$PROVIDER_KEY]"; pwd; sleep 0.3; echo later; exit 3' },
      never(),
    );
    expect(outcome.text).toContain('[yes]');
    expect(outcome.text).toContain(join(folder, 'work'));
    expect(owner.all('tool_execution_start')).toMatchObject([{ toolName: 'bash' }]);
    expect(
      owner
        .all('tool_execution_update')
        .map(({ delta }) => delta)
        .join(''),
    ).toContain('later');
    expect(owner.all('tool_execution_end')).toMatchObject([
      { isError: true, output: expect.stringContaining('code 3') },
    ]);
    expect(owner.events.flatMap(eventProblems)).toEqual([]);
  });

  it('shows pictures to the model', async () => {
    const { agent } = await open();
    const images = [{ type: 'image' as const, data: PICTURE, mimeType: 'image/png' }];
    expect((await agent.prompt({ message: 'look', images }, never())).text).toBe('You showed 1 pictures.');
  });

  it.each(['hang headers', 'hang first-token', 'hang end', 'stream 100000 5'])(
    'hangs up on the provider when aborted: %s',
    async (prompt) => {
      const { agent } = await open();
      const outcome = agent.prompt({ message: prompt }, never());
      const request = await server.request(0);
      if (prompt.startsWith('stream')) await expect.poll(() => agent.status.isStreaming).toBe(true);
      expect(await agent.abort(5_000)).toBe(true);
      expect((await outcome).stopReason).toBe('aborted');
      expect(await request.closed).toBe('abandoned');
      expect(agent.status).toMatchObject({ phase: 'idle', restarts: 0 });
      expect((await agent.prompt({ message: 'say again' }, never())).text).toBe('again');
      expect(await agent.abort(5_000)).toBe(false);
    },
  );

  it('hangs up on the provider when the signal of the prompt is aborted, and rejects with its reason', async () => {
    const { agent } = await open();
    const controller = new AbortController();
    const outcome = agent.prompt({ message: 'hang headers' }, controller.signal);
    const request = await server.request(0);
    controller.abort(new Error('enough'));
    await expect(outcome).rejects.toThrow('enough');
    expect(await request.closed).toBe('abandoned');
  });

  it.each(['by the owner', 'by itself'])(
    'kills what a tool has started, grandchildren included, run %s',
    async (by) => {
      const { agent, owner } = await open();
      if (by === 'by itself') Object.assign(owner, { runShell: undefined });
      const outcome = agent.prompt(
        { message: 'bash sleep 1000 & echo $!; (sleep 1001; true) & echo $!; wait' },
        never(),
      );
      const told = () =>
        owner
          .all('tool_execution_update')
          .map(({ delta }) => delta)
          .join('')
          .split('\n')
          .filter((line) => /^\d+$/.test(line));
      await expect.poll(told).toHaveLength(2);
      const pids = told().map(Number);
      for (const pid of pids) expect(isRunning(pid)).toBe(true);
      expect(await agent.abort(5_000)).toBe(true);
      expect((await outcome).stopReason).toBe('aborted');
      await expect.poll(() => pids.filter(isRunning)).toEqual([]);
      expect(agent.status.restarts).toBe(0);
    },
  );

  it('takes up what it is told while it works, and what it is to do afterwards', async () => {
    const { agent, owner } = await open();
    const outcome = agent.prompt({ message: 'bash sleep 1' }, never());
    await owner.next('tool_execution_start');
    await agent.followUp({ message: 'say last' }, never());
    await agent.steer({ message: 'say first' }, never());
    expect(agent.status).toMatchObject({ steering: ['say first'], followUp: ['say last'] });
    expect((await outcome).text).toBe('last');
    expect(server.requests.map(({ prompt }) => prompt)).toEqual(['bash sleep 1', 'say first', 'say last']);
    expect(agent.status).toMatchObject({ steering: [], followUp: [] });
    await expect(agent.steer({ message: 'more' }, never())).rejects.toMatchObject({ code: 'agent-state' });
  });

  it('sums up a conversation, and ends that when the signal is aborted', async () => {
    const { agent, owner } = await open();
    for (let round = 0; round < 3; round += 1) {
      server.replyNext({ text: modelText(12_000) });
      await agent.prompt({ message: `count ${round}` }, never());
    }
    const controller = new AbortController();
    server.replyNext({ text: '', hangsBefore: 'headers' });
    const ended = agent.perform<'compact'>({ type: 'compact', sessionId: 's' }, controller.signal);
    const request = await server.request(3);
    expect(agent.status).toMatchObject({ isCompacting: true, phase: 'running' });
    controller.abort(new Error('no'));
    await expect(ended).rejects.toThrow('no');
    expect(await request.closed).toBe('abandoned');
    server.replyNext({ text: 'They counted.' }, { text: 'They counted.' });
    const compacted = await agent.perform<'compact'>({ type: 'compact', sessionId: 's' }, never());
    expect(compacted.summary).toContain('They counted.');
    expect(compacted.tokensBefore).toBeGreaterThan(1_000);
    expect(owner.all('compaction_end')).toMatchObject([{ aborted: true }, { aborted: false }]);
    expect(owner.events.flatMap(eventProblems)).toEqual([]);
  });

  it('forks, shows its tree and goes to another place in it', async () => {
    const { agent } = await open();
    await agent.prompt({ message: 'say one' }, never());
    await agent.prompt({ message: 'say two' }, never());
    const first = agent.status.sessionFile;
    const { messages } = await agent.perform<'get_fork_messages'>(
      { type: 'get_fork_messages', sessionId: 's' },
      never(),
    );
    expect(messages.map(({ text }) => text)).toEqual(['say one', 'say two']);
    const { entries, leafId } = await agent.perform<'get_tree'>({ type: 'get_tree', sessionId: 's' }, never());
    expect(entries.map(({ id }) => id)).toContain(leafId);
    expect(entries.filter(({ role }) => role === 'user').map(({ text }) => text)).toEqual(['say one', 'say two']);

    const entryId = messages[1]!.entryId;
    expect(
      await agent.perform<'navigate_tree'>({ type: 'navigate_tree', sessionId: 's', entryId }, never()),
    ).toMatchObject({
      cancelled: false,
      editorText: 'say two',
    });
    const forked = await agent.perform<'fork'>({ type: 'fork', sessionId: 's', entryId }, never());
    expect(forked).toMatchObject({ cancelled: false, text: 'say two' });
    expect(forked.sessionFile).not.toBe(first);
    expect(agent.status.sessionFile).toBe(forked.sessionFile);
    await agent.prompt({ message: 'say three' }, never());
    const kept = await agent.perform<'get_messages'>({ type: 'get_messages', sessionId: 's' }, never());
    expect(kept.messages.filter(({ role }) => role === 'user').map(({ content }) => content[0])).toMatchObject([
      { text: 'say one' },
      { text: 'say three' },
    ]);
    await expect(
      agent.perform<'fork'>({ type: 'fork', sessionId: 's', entryId: 'none' }, never()),
    ).rejects.toMatchObject({
      code: 'agent-input',
      field: 'entryId',
    });
    await agent.perform<'switch_session_file'>(
      { type: 'switch_session_file', sessionId: 's', sessionPath: first! },
      never(),
    );
    expect(agent.status.sessionFile).toBe(first);
    const stored = await agent.perform<'list_session_files'>({ type: 'list_session_files', sessionId: 's' }, never());
    expect(stored.sessions.map(({ sessionPath }) => sessionPath)).toContain(forked.sessionFile);
  });

  it('goes on in a copy of the conversation, in a file of its own, and leaves the other as it is', async () => {
    const { agent } = await open();
    await expect(agent.perform<'clone'>({ type: 'clone', sessionId: 's' }, never())).rejects.toMatchObject({
      code: 'agent-state',
      message: 'Cannot clone: nothing was answered yet',
    });
    await agent.rename('Named', never());
    await agent.prompt({ message: 'say one' }, never());
    const first = agent.status.sessionFile!;
    const before = readFileSync(first, 'utf8');
    const cloned = await agent.perform<'clone'>({ type: 'clone', sessionId: 's' }, never());
    expect(cloned).toMatchObject({ cancelled: false, sessionFile: expect.any(String) });
    expect(cloned.sessionFile).not.toBe(first);
    expect(agent.status).toMatchObject({ sessionFile: cloned.sessionFile, name: 'Named', model: { id: 'small' } });
    await agent.prompt({ message: 'say two' }, never());
    const body = JSON.stringify(server.requests.at(-1)?.body);
    for (const text of ['say one', 'say two']) expect(body).toContain(text);
    expect(readFileSync(first, 'utf8')).toBe(before);
    expect(readFileSync(cloned.sessionFile!, 'utf8')).toContain('say two');
  });

  it('stays in its workspace with a conversation that was begun elsewhere, and with a copy of it', async () => {
    const { agent: elsewhere } = await open({ cwd: join(folder, 'other') });
    await elsewhere.prompt({ message: 'say elsewhere' }, never());
    const sessionPath = elsewhere.status.sessionFile!;
    await elsewhere.close(5_000);
    const { agent } = await open();
    const works = async (): Promise<void> => {
      const { text } = await agent.prompt({ message: 'bash pwd' }, never());
      expect(text).toBe(`The tool said: ${join(folder, 'work')}`);
    };
    await agent.perform<'switch_session_file'>({ type: 'switch_session_file', sessionId: 's', sessionPath }, never());
    await works();
    expect(await agent.perform<'clone'>({ type: 'clone', sessionId: 's' }, never())).toMatchObject({
      cancelled: false,
    });
    await works();
    rmSync(join(folder, 'other'), { recursive: true });
    await agent.perform<'switch_session_file'>({ type: 'switch_session_file', sessionId: 's', sessionPath }, never());
    await works();
  });

  it('goes to another model and level of thinking, for this session alone', async () => {
    const { agent, owner } = await open();
    const before = readFileSync(join(folder, 'agent', 'settings.json'), 'utf8');
    const { models } = await agent.perform<'get_available_models'>(
      { type: 'get_available_models', sessionId: 's' },
      never(),
    );
    expect(models.map(({ id }) => id)).toEqual(['small', 'large']);
    await agent.perform<'set_model'>(
      { type: 'set_model', sessionId: 's', provider: 'loopback', modelId: 'large' },
      never(),
    );
    await agent.perform<'set_thinking_level'>({ type: 'set_thinking_level', sessionId: 's', level: 'high' }, never());
    await agent.prompt({ message: 'say it' }, never());
    expect(server.requests.at(-1)?.model).toBe('large');
    expect(owner.all('model_changed')).toMatchObject([{ modelId: 'large' }]);
    expect(agent.status).toMatchObject({ model: { id: 'large' }, thinkingLevel: 'high' });
    expect(readFileSync(join(folder, 'agent', 'settings.json'), 'utf8')).toBe(before);
    const other = await open();
    expect(other.agent.status).toMatchObject({ model: { id: 'small' }, thinkingLevel: 'off' });
    await expect(
      agent.perform<'set_model'>({ type: 'set_model', sessionId: 's', provider: 'loopback', modelId: 'none' }, never()),
    ).rejects.toMatchObject({ code: 'agent-input', field: 'modelId' });
    await expect(
      agent.perform<'set_thinking_level'>({ type: 'set_thinking_level', sessionId: 's', level: 'fierce' }, never()),
    ).rejects.toThrow(/off, minimal, low, medium, high/);
    await expect(open({ model: 'loopback/none' })).rejects.toMatchObject({ code: 'agent-input', field: 'model' });
    expect((await open({ model: 'large', thinkingLevel: 'low' })).agent.status).toMatchObject({
      model: { id: 'large' },
      thinkingLevel: 'low',
    });
  });

  it.each([
    ['fail 500', { kind: 'http', status: 500 }],
    ['fail 429 7', { kind: 'http', status: 429, retryAfterMs: 7_000 }],
    ['fail 401', { kind: 'http', status: 401 }],
    ['break', { kind: 'network' }],
  ])('fails with what the provider said: %s', async (prompt, provider) => {
    const { agent, owner } = await open();
    const error = await agent.prompt({ message: prompt }, never()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AgentFailedError);
    expect((error as AgentFailedError).provider).toEqual({ provider: 'loopback', model: 'small', ...provider });
    expect(owner.all('agent_end')).toMatchObject([{ stopReason: 'error' }]);
    expect(agent.status.lastError).toBe((error as Error).message);
    expect((await agent.prompt({ message: 'say well' }, never())).text).toBe('well');
    expect(agent.status.lastError).toBeUndefined();
  });

  it('fails with a provider that cannot be reached', async () => {
    const { agent } = await open();
    await server.close();
    const error = await agent.prompt({ message: 'say it' }, never()).catch((thrown: unknown) => thrown);
    expect((error as AgentFailedError).provider).toMatchObject({ provider: 'loopback', kind: 'network' });
  });

  it('runs extensions of a workspace only where it is trusted, and asks a person for them', async () => {
    for (const each of ['work', 'trusted']) {
      writePiExtension(join(folder, each));
    }
    const { agent: plain } = await open();
    const tools = await plain.perform<'get_tools'>({ type: 'get_tools', sessionId: 's' }, never());
    expect(tools.tools.map((tool) => tool.name)).not.toContain('ask');

    const { agent, owner } = await open({ cwd: join(folder, 'trusted') });
    owner.answer = ({ method }) => (method === 'confirm' ? { confirmed: true } : { value: method });
    server.replyNext({ toolCalls: ['ask', 'confirm'].map((tool) => ({ name: tool, arguments: {} })) });
    await agent.prompt({ message: 'ask me' }, never());
    const results = server.requests.at(-1)!.toolResults;
    expect(results).toEqual(['chose select', 'true input editor']);
    expect(owner.questions.toSorted((a, b) => (a.method < b.method ? -1 : 1))).toEqual([
      { method: 'confirm', title: 'Sure?', message: 'Really?' },
      { method: 'editor', title: 'More?', prefill: 'Dear' },
      { method: 'input', title: 'Why?', placeholder: 'because' },
      { method: 'select', title: 'Which?', options: ['red', 'green'] },
    ]);
    expect(owner.all('extension_notify')).toMatchObject([{ message: 'Noted.', level: 'info' }]);

    owner.answer = () => undefined;
    server.replyNext({ toolCalls: [{ name: 'ask', arguments: {} }] });
    const asking = agent.prompt({ message: 'ask me' }, never());
    await expect.poll(() => owner.questions.length).toBe(5);
    expect(await agent.abort(5_000)).toBe(true);
    expect((await asking).stopReason).toBe('aborted');
    expect(agent.status.restarts).toBe(0);
  });

  it('ends the process of what does not react, and starts it again', async () => {
    writePiExtension(join(folder, 'trusted'));
    const { agent, owner } = await open({ cwd: join(folder, 'trusted') });
    const before = agent.status.pid;
    server.replyNext({ toolCalls: [{ name: 'spin', arguments: {} }] });
    const outcome = agent.prompt({ message: 'spin' }, never());
    await expect.poll(() => server.requests.length).toBe(1);
    await expect
      .poll(() => owner.all('tool_execution_start').length + owner.all('message_end').length)
      .toBeGreaterThan(0);
    const restarted = owner.next('agent_restarted');
    expect(await agent.abort(300)).toBe(true);
    expect((await outcome).stopReason).toBe('aborted');
    expect(await restarted).toMatchObject({ resumed: true });
    expect(agent.status.pid).not.toBe(before);
    expect((await agent.prompt({ message: 'say back' }, never())).text).toBe('back');
  });

  it('comes back from the death of its process with the conversation and the prompt that ran', async () => {
    const { agent, owner } = await open({ name: 'Kept' });
    const other = await open();
    await agent.perform<'set_model'>(
      { type: 'set_model', sessionId: 's', provider: 'loopback', modelId: 'large' },
      never(),
    );
    const outcome = agent.prompt({ message: 'hang first-token' }, never()).catch((thrown: unknown) => thrown);
    await server.request(0);
    expect(other.agent.status.pid).toBe(agent.status.pid);
    const restarted = owner.next('agent_restarted');
    process.kill(agent.status.pid!, 'SIGKILL');
    expect(await outcome).toMatchObject({ code: 'agent-failed', interrupted: true });
    expect(await restarted).toMatchObject({ attempt: 1, resumed: true });
    expect(owner.all('agent_restarting')).toMatchObject([{ interrupted: true, signal: 'SIGKILL' }]);
    await expect.poll(() => other.agent.status.phase).toBe('idle');
    expect(other.owner.all('agent_restarting')).toMatchObject([{ interrupted: false }]);
    expect(agent.status).toMatchObject({
      phase: 'idle',
      restarts: 1,
      name: 'Kept',
      model: { id: 'large' },
      lastExit: { signal: 'SIGKILL' },
    });
    expect(agent.status.transitions.map(({ to }) => to)).toEqual(['idle', 'running', 'restarting', 'idle']);
    expect((await agent.prompt({ message: 'say here' }, never())).text).toBe('here');
    const kept = await agent.perform<'get_messages'>({ type: 'get_messages', sessionId: 's' }, never());
    const said = kept.messages.filter(({ role }) => role === 'user').map(({ content }) => content[0]);
    expect(said).toMatchObject([{ text: 'hang first-token' }, { text: 'say here' }]);
    const lines = readFileSync(agent.status.sessionFile!, 'utf8').trim().split('\n');
    const entries = lines.map((line) => JSON.parse(line) as { type: string; id: string });
    expect(entries.filter(({ type }) => type === 'session')).toHaveLength(1);
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
    expect(backend.snapshot()).toMatchObject({ agents: 2, processes: 1, restarts: 1, crashes: 1 });
  });

  it('lists what is stored and takes it up again, and leaves files alone that are no conversations', async () => {
    const { agent } = await open({ name: 'Old' });
    await agent.prompt({ message: 'say first things' }, never());
    const { sessionFile, agentSessionId } = agent.status;
    await expect(open({ resume: { sessionPath: sessionFile! } })).rejects.toMatchObject({ code: 'agent-state' });
    await agent.close(5_000);
    expect(await backend.stored({ limit: 10, cwd: join(folder, 'work') }, never())).toMatchObject([
      {
        backend: 'pi',
        sessionPath: sessionFile,
        agentSessionId,
        name: 'Old',
        cwd: join(folder, 'work'),
        firstMessage: 'say first things',
        model: 'loopback/small',
        messageCount: expect.any(Number),
      },
    ]);
    expect(await backend.stored({ limit: 10, cwd: join(folder, 'other') }, never())).toEqual([]);

    const again = await open({ resume: { agentSessionId: agentSessionId! } });
    expect(again.agent.status).toMatchObject({ sessionFile, agentSessionId, name: 'Old' });
    await again.agent.prompt({ message: 'say second things' }, never());
    expect(JSON.stringify(server.requests.at(-1)?.body)).toContain('first things');
    await again.agent.close(5_000);
    expect((await open({ resume: { sessionPath: sessionFile! } })).agent.status.messageCount).toBeGreaterThanOrEqual(4);

    const precious = join(folder, 'precious.jsonl');
    writeFileSync(precious, 'not a conversation\n');
    await expect(open({ resume: { sessionPath: precious } })).rejects.toMatchObject({ field: 'sessionPath' });
    expect(readFileSync(precious, 'utf8')).toBe('not a conversation\n');
    await expect(open({ resume: { agentSessionId: '../../precious' } })).rejects.toMatchObject({
      field: 'agentSessionId',
    });
  });

  it('answers every question about itself', async () => {
    const { agent, owner } = await open();
    await agent.prompt({ message: 'say hello' }, never());
    const ask = <T extends Parameters<Agent['perform']>[0]['type']>(type: T) =>
      agent.perform({ type, sessionId: 's' } as Parameters<Agent['perform']>[0], never()) as Promise<
        Record<string, unknown>
      >;
    expect(await ask('get_last_assistant_text')).toEqual({ text: 'hello' });
    expect(await ask('get_session_stats')).toMatchObject({ userMessages: 1, assistantMessages: 1 });
    expect(await ask('get_context_usage')).toMatchObject({ contextWindow: 128_000 });
    expect((await ask('get_tools'))['tools']).toContainEqual(expect.objectContaining({ name: 'bash', active: true }));
    expect(await ask('get_commands')).toEqual({ commands: [] });
    expect(await ask('get_skills')).toEqual({ skills: [] });
    expect(String((await ask('export_html'))['html'])).toContain('</html>');
    expect(await ask('cycle_model')).toMatchObject({ model: { id: 'large' } });
    expect(await ask('cycle_thinking_level')).toEqual({ level: 'minimal' });
    expect(await ask('abort_retry')).toEqual({ aborted: false });
    expect(await ask('abort_compaction')).toEqual({ aborted: false });
    await agent.rename('Renamed', never());
    expect(agent.status.name).toBe('Renamed');
    await agent.recordBash({ command: 'ls', output: 'a.txt', exitCode: 0, truncated: false }, never());
    await agent.prompt({ message: 'say well' }, never());
    expect(JSON.stringify(server.requests.at(-1)?.body)).toContain('a.txt');
    await agent.perform<'set_auto_retry'>({ type: 'set_auto_retry', sessionId: 's', enabled: true }, never());
    await agent.perform<'set_auto_compaction'>(
      { type: 'set_auto_compaction', sessionId: 's', enabled: false },
      never(),
    );
    const chosen = {
      model: { id: 'large' },
      thinkingLevel: 'minimal',
      autoRetryEnabled: true,
      autoCompactionEnabled: false,
    };
    expect(agent.status).toMatchObject(chosen);
    const file = agent.status.sessionFile;
    expect(await ask('new_session')).toMatchObject({ cancelled: false });
    expect(agent.status).toMatchObject({ ...chosen, messageCount: 0 });
    expect(agent.status.sessionFile).not.toBe(file);
    expect(owner.events.flatMap(eventProblems)).toEqual([]);
  });

  it('has a process per workspace, and one ready for the next', async () => {
    const spared = make({ spares: 1 });
    try {
      const one = await open({}, spared);
      const two = await open({}, spared);
      expect(two.agent.status.pid).toBe(one.agent.status.pid);
      await expect.poll(() => spared.snapshot().processes).toBe(2);
      const started = processes.requests.length;
      const three = await open({ cwd: join(folder, 'other') }, spared);
      expect(three.agent.status.pid).not.toBe(one.agent.status.pid);
      expect((await three.agent.prompt({ message: 'bash pwd' }, never())).text).toContain(join(folder, 'other'));
      await expect.poll(() => processes.requests.length).toBe(started + 1);
      await three.agent.close(5_000);
      expect(processes.requests.every(({ env }) => env['npm_config_prefix'] === undefined)).toBe(true);
    } finally {
      await spared.close(5_000);
    }
    expect(spared.snapshot()).toMatchObject({ agents: 0, processes: 0 });
  });

  it('reports a process of its own that dies again and again, and stops', async () => {
    const fragile = make({ supervision: { firstDelayMs: 1, maxFailures: 2 } });
    try {
      const { agent, owner } = await open({}, fragile);
      const stopped = owner.next('agent_stopped');
      for (let life = 0; life < 2; life += 1) {
        await expect.poll(() => agent.status.phase).toBe('idle');
        process.kill(agent.status.pid!, 'SIGKILL');
        await expect.poll(() => agent.status.phase).not.toBe('idle');
      }
      expect(await stopped).toMatchObject({ reason: 'failed' });
      await expect(agent.prompt({ message: 'say it' }, never())).rejects.toMatchObject({ code: 'agent-state' });
    } finally {
      await fragile.close(5_000);
    }
  });

  it('leaves no file behind for a session that was never prompted', async () => {
    const { agent } = await open();
    await agent.close(5_000);
    const sessions = join(folder, 'agent', 'sessions');
    const files = existsSync(sessions) ? readdirSync(sessions, { recursive: true }).map(String) : [];
    expect(files.filter((file) => file.endsWith('.jsonl'))).toEqual([]);
  });
});

describe.each(PI_GENERATIONS)('real $name keeps what every agent promises', ({ name, node }) => {
  // The contract has no way to skip: without the package there is nothing to ask.
  if (agentPackage(name) === undefined || (node !== undefined && agentPackage(node) === undefined)) {
    it('is asked about it', (context) => void needAgent(context, name));
    return;
  }
  describeAgentBackend(name, {
    words: {
      say: (text) => `say ${text}`,
      stream: 'stream 1000 1',
      hang: 'hang first-token',
      stubborn: { message: 'call spin', since: 'tool_execution_start' },
      shell: (line) => `bash ${line}`,
      dialog: { message: 'call ask', answer: { value: 'green' }, said: /chose green/ },
      fail: (status) => `fail ${status}`,
      crash: { message: 'hang first-token', kill: (agent) => process.kill(agent.status.pid!, 'SIGKILL') },
      queue: 'bash sleep 2',
    },
    open: async (options = {}) => {
      const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pi-')));
      writePiExtension(join(folder, 'work'));
      const server = await startModelServer({
        onRequest: ({ prompt, toolResults }) =>
          prompt.startsWith('call ') && toolResults.length === 0
            ? { toolCalls: [{ name: prompt.slice('call '.length), arguments: {} }] }
            : undefined,
      });
      writePiAgentDir(join(folder, 'agent'), server.baseUrl);
      const env = { PATH: process.env['PATH']!, HOME: folder };
      return {
        backend: new PiBackend({
          processes: new RecordedProcesses(),
          packagePath: agentPackage(name)!.packageDir,
          nodePath: node && agentPackage(node)!.programPath,
          hostScript: BUILT_HOST,
          agentDir: join(folder, 'agent'),
          trustedWorkspaces: [folder],
          spares: 0,
          supervision: { firstDelayMs: 1 },
          ...options,
        }),
        request: { sessionId: 'agent-1', cwd: join(folder, 'work'), env, toolEnv: env },
        close: async () => {
          await server.close();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
  });
});
