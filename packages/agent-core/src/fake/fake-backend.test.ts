import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentCommand } from '@sessiond/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventProblems } from '../../test/event-problems.ts';
import { TestOwner } from '../../test/test-owner.ts';
import type { Agent, OpenAgent, Performed, PerformedType } from '../backend.ts';
import { FakeBackend, type FakeBackendOptions } from './fake-backend.ts';

const never = new AbortController().signal;
const request: OpenAgent = {
  sessionId: 'agent-1',
  cwd: tmpdir(),
  env: {},
  toolEnv: { PATH: process.env['PATH'] ?? '' },
};

let folder: string;
let backend: FakeBackend;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fake-'));
});
afterEach(async () => {
  await backend.close(0);
  await rm(folder, { recursive: true });
});

async function open(options: FakeBackendOptions = {}, more: Partial<OpenAgent> = {}) {
  backend = new FakeBackend({ abortMs: 20, supervision: { firstDelayMs: 1, maxFailures: 3 }, ...options });
  const owner = new TestOwner();
  const agent = await backend.open({ ...request, ...more }, owner, never);
  return { agent, owner };
}

function perform<T extends PerformedType>(
  agent: Agent,
  type: T,
  fields: Partial<AgentCommand<T>> = {},
): Promise<Performed<T>> {
  return agent.perform({ type, sessionId: 'agent-1', ...fields } as AgentCommand<T>, never);
}

describe('the words of a prompt', () => {
  it.each([
    ['echo a  b', 'a  b'],
    ['What is this?', 'You said: What is this?'],
    ['think 3', 'I thought 3 tokens.'],
    ['slow 1', 'That took 1 ms.'],
    ['bash exit 0', 'The command has run.'],
    ['bash exit 3', 'The command failed.'],
    ['stream 2', '000 001 '],
    ['dialog', 'You said: dialog'],
  ])('of %j let it say %j', async (message, text) => {
    const { agent, owner } = await open();
    expect(await agent.prompt({ message }, never)).toMatchObject({ stopReason: 'stop', text });
    expect(owner.said).toContain(text);
  });

  it('show every missing token of a stream', async () => {
    const { agent, owner } = await open();
    await agent.prompt({ message: 'stream 2500' }, never);
    expect(owner.said.match(/.{4}/g)).toEqual(
      Array.from({ length: 2500 }, (_, index) => `${String(index % 1000).padStart(3, '0')} `),
    );
  });

  it('let others have their turn while it streams without a pace', async () => {
    const { agent, owner } = await open();
    const prompt = agent.prompt({ message: 'stream 100000' }, never);
    await owner.next('message_update');
    expect(await agent.abort(1000)).toBe(true);
    expect(await prompt).toMatchObject({ stopReason: 'aborted' });
    expect(owner.said.length).toBeLessThan(400_000);
  });

  it.each([
    ['dialog select', { value: 'green' }, 'You answered: green'],
    ['dialog confirm', { confirmed: false }, 'You answered: no'],
    ['dialog input', { cancelled: true }, 'You answered: nothing'],
    ['dialog editor', { value: 'A text' }, 'You answered: A text'],
  ] as const)('of %j ask a person', async (message, answer, text) => {
    const { agent, owner } = await open();
    owner.answer = () => answer;
    expect(await agent.prompt({ message }, never)).toMatchObject({ text });
    expect(owner.questions).toMatchObject([{ method: message.split(' ')[1] }]);
  });

  it.each([
    ['fail 503', { kind: 'http', status: 503 }],
    ['fail 429 1500', { kind: 'http', status: 429, retryAfterMs: 1500 }],
    ['fail 0', { kind: 'network' }],
  ])('of %j let the provider fail', async (message, failure) => {
    const { agent, owner } = await open();
    const provider = { provider: 'fake', model: 'small', ...failure };
    await expect(agent.prompt({ message }, never)).rejects.toMatchObject({ code: 'agent-failed', provider });
    expect(owner.all('agent_end')).toMatchObject([{ stopReason: 'error' }]);
    expect(agent.status).toMatchObject({ phase: 'idle', lastError: expect.stringContaining('fake') });
  });

  it('let it work until it is steered, and say what it was told', async () => {
    const { agent, owner } = await open();
    const prompt = agent.prompt({ message: 'queue' }, never);
    await owner.next('message_update');
    await agent.followUp({ message: 'echo last' }, never);
    await agent.steer({ message: 'left' }, never);
    expect(await prompt).toMatchObject({ text: 'last' });
    expect(owner.said).toBe('I am working.I was told: leftlast');
    expect(owner.all('queue_update').at(-1)).toEqual({ type: 'queue_update', steering: [], followUp: [] });
  });

  it('[AG16] let it crash, and tell how it ended also when it is given up for that', async () => {
    const { agent, owner } = await open({ supervision: { maxFailures: 1 } });
    const stopped = owner.next('agent_stopped');
    await expect(agent.prompt({ message: 'crash' }, never)).rejects.toMatchObject({ interrupted: true });
    expect(await stopped).toMatchObject({ reason: 'failed' });
    expect(agent.status.lastExit).toEqual({ exitCode: 70 });
  });

  it('let it hear everything together that it was steered to, once it is to', async () => {
    const { agent, owner } = await open();
    let steered: Promise<unknown> = Promise.resolve();
    owner.answer = () => {
      steered = Promise.all(['echo one', 'echo two'].map((message) => agent.steer({ message }, never)));
      return { confirmed: true };
    };
    expect(await perform(agent, 'set_steering_mode', { mode: 'all' })).toEqual({ mode: 'all' });
    await agent.prompt({ message: 'dialog confirm' }, never);
    await steered;
    const { messages } = await perform(agent, 'get_messages');
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'user', 'assistant', 'assistant']);
    expect(owner.said).toBe('You answered: yesonetwo');
  });

  it('let it crash until it is given up', async () => {
    const { agent, owner } = await open();
    for (let crash = 0; crash < 2; crash += 1) {
      const restarted = owner.next('agent_restarted');
      await expect(agent.prompt({ message: 'crash' }, never)).rejects.toMatchObject({ interrupted: true });
      await restarted;
      expect(agent.status).toMatchObject({ phase: 'idle', restarts: crash + 1, lastExit: { exitCode: 70 } });
    }
    await expect(agent.prompt({ message: 'crash' }, never)).rejects.toMatchObject({ interrupted: true });
    expect(owner.events.at(-1)).toMatchObject({ type: 'agent_stopped', reason: 'failed' });
    expect(backend.snapshot()).toEqual({ agents: 0, processes: 0, restarting: 0, restarts: 2, crashes: 3 });
  });

  it('tell nothing that the protocol does not know', async () => {
    const { agent, owner } = await open();
    owner.answer = () => ({ confirmed: true });
    for (const message of ['think 2', 'bash echo a', 'dialog confirm']) await agent.prompt({ message }, never);
    await perform(agent, 'compact');
    await agent.prompt({ message: 'fail 500' }, never).catch(() => {});
    await agent.close(0);
    expect(owner.events.flatMap(eventProblems)).toEqual([]);
    expect(owner.events.length).toBeGreaterThan(50);
  });
});

describe('the conversation of the fake agent', () => {
  it('can be summed up, which is aborted as an error of its own', async () => {
    const { agent, owner } = await open();
    await agent.prompt({ message: 'echo one' }, never);
    const begun = owner.next('compaction_start');
    const compaction = perform(agent, 'compact', { customInstructions: 'hang' });
    await begun;
    expect(await perform(agent, 'abort_compaction')).toEqual({ aborted: true });
    await expect(compaction).rejects.toMatchObject({ code: 'agent-aborted' });
    expect(await perform(agent, 'compact')).toMatchObject({ summary: 'Summary of 2 messages.' });
    expect(owner.all('compaction_end')).toMatchObject([{ aborted: true }, { aborted: false }]);
  });

  it('can be forked from something a person said', async () => {
    const { agent } = await open();
    for (const message of ['one', 'two', 'three']) await agent.prompt({ message }, never);
    const { messages } = await perform(agent, 'get_fork_messages');
    expect(messages.map(({ text }) => text)).toEqual(['one', 'two', 'three']);
    const before = agent.status.agentSessionId;
    expect(await perform(agent, 'fork', { entryId: messages[1]!.entryId })).toEqual({ cancelled: false, text: 'two' });
    expect((await perform(agent, 'get_messages')).total).toBe(2);
    expect(agent.status.agentSessionId).not.toBe(before);
  });

  it('can be cloned where the talk is, without what was said elsewhere', async () => {
    const { agent } = await open();
    for (const message of ['one', 'two']) await agent.prompt({ message }, never);
    await perform(agent, 'navigate_tree', { entryId: 'e-3' });
    await agent.prompt({ message: 'other' }, never);
    expect(await perform(agent, 'clone')).toEqual({ cancelled: false });
    const { entries } = await perform(agent, 'get_tree');
    expect(entries.map(({ text }) => text)).toEqual(['one', 'You said: one', 'other', 'You said: other']);
    expect((await agent.prompt({ message: 'on' }, never)).text).toBe('You said: on');
    expect((await perform(agent, 'get_messages')).total).toBe(6);
  });

  it('is a tree that can be walked', async () => {
    const { agent } = await open();
    await agent.prompt({ message: 'one' }, never);
    expect(await perform(agent, 'navigate_tree', { entryId: 'e-1' })).toEqual({ cancelled: false, editorText: 'one' });
    await agent.prompt({ message: 'other' }, never);
    const { leafId, entries } = await perform(agent, 'get_tree');
    expect(entries.map(({ id, parentId, text }) => [id, parentId, text])).toEqual([
      ['e-1', null, 'one'],
      ['e-2', 'e-1', 'You said: one'],
      ['e-3', null, 'other'],
      ['e-4', 'e-3', 'You said: other'],
    ]);
    expect(leafId).toBe('e-4');
    expect(await perform(agent, 'get_last_assistant_text')).toEqual({ text: 'You said: other' });
    await expect(perform(agent, 'navigate_tree', { entryId: 'e-9' })).rejects.toMatchObject({ field: 'entryId' });
  });

  it('is kept as a file, and goes on where it was, also after a crash in the middle of a line', async () => {
    const { agent } = await open({ folder }, { model: 'fake/large', thinkingLevel: 'high', name: 'First' });
    await agent.prompt({ message: 'one' }, never);
    const { sessionFile, agentSessionId } = agent.status;
    await backend.close(0);
    await writeFile(sessionFile!, '\n{"type":"entry","id":"e-3","pare', { flag: 'a' });

    const { agent: resumed } = await open({ folder }, { resume: { agentSessionId: agentSessionId! } });
    expect(resumed.status).toMatchObject({ sessionFile, agentSessionId, name: 'First', messageCount: 2 });
    expect(resumed.status).toMatchObject({ model: { id: 'large' }, thinkingLevel: 'high' });
    await resumed.prompt({ message: 'two' }, never);
    await resumed.close(0);
    const again = await backend.open({ ...request, resume: { sessionPath: sessionFile! } }, new TestOwner(), never);
    expect((await perform(again, 'get_messages')).total).toBe(4);
  });

  it('is listed with what began it, newest first', async () => {
    const { agent } = await open({ folder });
    await agent.prompt({ message: 'Which tests fail?' }, never);
    await perform(agent, 'new_session');
    const elsewhere = { ...request, sessionId: 'agent-2', cwd: folder };
    await backend.open(elsewhere, new TestOwner(), never);
    expect(await readdir(folder)).toHaveLength(3);
    const all = await backend.stored({ limit: 10 }, never);
    expect(all).toHaveLength(3);
    expect(all.find(({ messageCount }) => messageCount === 2)).toMatchObject({
      backend: 'fake',
      firstMessage: 'Which tests fail?',
      cwd: request.cwd,
      model: 'fake/small',
    });
    expect(await backend.stored({ limit: 10, cwd: folder }, never)).toHaveLength(1);
    expect(await backend.stored({ limit: 2 }, never)).toHaveLength(2);
    expect((await perform(agent, 'list_session_files')).sessions).toHaveLength(2);
  });

  it.each([
    ['no file', 'missing.jsonl'],
    ['a folder', '.'],
    ['another file', 'other.txt'],
  ])('is refused when it is %s, which is left as it was', async (_, name) => {
    const { agent } = await open({ folder });
    await writeFile(join(folder, 'other.txt'), 'not a conversation');
    const sessionPath = join(folder, name);
    await expect(perform(agent, 'switch_session_file', { sessionPath })).rejects.toMatchObject({
      field: 'sessionPath',
    });
    const opened = backend.open({ ...request, resume: { agentSessionId: `../${name}` } }, new TestOwner(), never);
    await expect(opened).rejects.toMatchObject({ field: 'agentSessionId' });
    expect(await readFile(join(folder, 'other.txt'), 'utf8')).toBe('not a conversation');
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('cannot be taken up again where none is kept', async () => {
    const { agent } = await open();
    expect([agent.supports('switch_session_file'), agent.supports('list_session_files')]).toEqual([false, false]);
    const opened = backend.open({ ...request, resume: { sessionPath: '/tmp/a' } }, new TestOwner(), never);
    await expect(opened).rejects.toMatchObject({ code: 'agent-input', field: 'sessionPath' });
  });
});
