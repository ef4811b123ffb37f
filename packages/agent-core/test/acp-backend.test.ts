import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentCommand } from '@sessiond/protocol';
import { acpAgent, sessionMembers } from '@sessiond/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AcpBackend } from '../src/acp/index.ts';
import type { AgentProcesses } from '../src/agent-process.ts';
import type { Agent, OpenAgent, Performed, PerformedType } from '../src/backend.ts';
import { ChildAgentProcesses } from '../src/child-agent-processes.ts';
import { ChildTerminals } from './child-terminals.ts';
import { eventProblems } from './event-problems.ts';
import { TestOwner } from './test-owner.ts';

const never = new AbortController().signal;

let folder: string;
let pids: number[];
let processes: AgentProcesses;
let terminals: ChildTerminals;
let backend: AcpBackend;
let owner: TestOwner;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'acp-'));
  pids = [];
  const children = new ChildAgentProcesses();
  processes = {
    start: async (wanted) => {
      const child = await children.start(wanted);
      pids.push(child.pid);
      return child;
    },
  };
  terminals = new ChildTerminals();
  backend = new AcpBackend({ processes, terminals });
  owner = new TestOwner();
});
afterEach(async () => {
  await backend.close(5_000);
  await rm(folder, { recursive: true });
  expect(pids.flatMap(sessionMembers)).toEqual([]);
  expect(owner.events.flatMap(eventProblems)).toEqual([]);
});

function request(options: readonly string[], more: Partial<OpenAgent> = {}): OpenAgent {
  const env = { PATH: process.env['PATH'] ?? '', TMPDIR: folder, API_KEY: 'do-not-tell-anybody' };
  const toolEnv = { PATH: process.env['PATH'] ?? '', FROM: 'tools' };
  return { sessionId: 'agent-1', cwd: folder, env, toolEnv, ...acpAgent(...options), ...more };
}

function open(options: readonly string[] = [], more: Partial<OpenAgent> = {}, signal = never): Promise<Agent> {
  return backend.open(request(options, more), owner, signal);
}

async function say(agent: Agent, message: string): Promise<string> {
  return (await agent.prompt({ message }, never)).text;
}

function perform<T extends PerformedType>(
  agent: Agent,
  type: T,
  fields: Partial<AgentCommand<T>> = {},
): Promise<Performed<T>> {
  return agent.perform({ type, sessionId: 'agent-1', ...fields } as AgentCommand<T>, never);
}

const kept = () => ['--folder', join(folder, 'kept')];

describe('an agent that cannot be used', () => {
  it('[AC03] is unavailable when its program is not there', async () => {
    await expect(open([], { command: join(folder, 'nothing') })).rejects.toMatchObject({
      code: 'agent-unavailable',
    });
  });

  it('[AC03] needs a program', async () => {
    const { command: _, ...without } = request([]);
    await expect(backend.open(without, owner, never)).rejects.toMatchObject({
      code: 'agent-input',
      field: 'agent.command',
    });
  });

  it('[AC03] is unavailable when it speaks another version', async () => {
    await expect(open(['--version', '2'])).rejects.toMatchObject({
      code: 'agent-unavailable',
      message: 'Cannot use agent: it does not speak version 1 of the Agent Client Protocol',
    });
  });

  it('[AC03] is unavailable until one has logged in, with the ways to do that', async () => {
    await expect(open(['--locked'])).rejects.toMatchObject({
      code: 'agent-unavailable',
      message: 'Cannot use agent small-agent: log in with the agent itself first, by one of its ways: A key',
    });
  });

  it('[AC03] fails with the last it said when it ends at once, without what is secret', async () => {
    const script = 'echo "bad key $API_KEY" >&2; exit 4';
    const opening = open([], { command: '/bin/sh', args: ['-c', script] });
    await expect(opening).rejects.toMatchObject({
      code: 'agent-failed',
      message:
        'Cannot start agent: its process ended before it answered to initialize; the last it said: bad key [hidden]',
    });
  });

  it('[AC03] is ended when it does not open a conversation in time', async () => {
    backend = new AcpBackend({ processes, startMs: 2_000, gracePeriodMs: 100 });
    const script = `read -r line
id=$(printf %s "$line" | sed 's/.*"id":\\([0-9]*\\).*/\\1/')
echo '{"jsonrpc":"2.0","id":'"$id"',"result":{"protocolVersion":1,"agentCapabilities":{}}}'
sleep 1000`;
    await expect(open([], { command: '/bin/sh', args: ['-c', script] })).rejects.toMatchObject({
      code: 'agent-failed',
      message: 'Cannot open agent: it did not open its conversation within 2 s',
    });
    expect(backend.snapshot()).toMatchObject({ agents: 0, processes: 0 });
  });

  it('[AC03] is ended when it does not answer in time', async () => {
    backend = new AcpBackend({ processes, startMs: 300, gracePeriodMs: 100 });
    await expect(open(['--mute'])).rejects.toMatchObject({
      code: 'agent-failed',
      message: expect.stringContaining('it did not answer to initialize within 0.3 s'),
    });
  });

  it('[AG12] is ended when nobody waits for it any more', async () => {
    const controller = new AbortController();
    const opening = open(['--mute'], {}, controller.signal);
    const gaveUp = new Error('gave up');
    while (pids.length === 0) await new Promise(setImmediate);
    controller.abort(gaveUp);
    await expect(opening).rejects.toBe(gaveUp);
    expect(backend.snapshot()).toMatchObject({ agents: 0, processes: 0 });
  });
});

describe('what an agent tells', () => {
  it('[AC02] is heard between words that are no messages', async () => {
    expect(await say(await open(['--chatty']), 'echo hello')).toBe('hello');
  });

  it('[AC01] is told: title, mode, room left, commands, notices', async () => {
    const agent = await open();
    await say(agent, 'tell');
    expect(agent.status.name).toBe('A fine talk');
    expect(owner.all('extension_status').at(-1)).toMatchObject({ key: 'mode', text: 'careful' });
    expect(owner.all('extension_notify')).toMatchObject([{ level: 'warning', message: 'Mind the gap' }]);
    expect(owner.all('commands_changed')).toHaveLength(1);
    expect(await perform(agent, 'get_commands')).toMatchObject({ commands: [{ name: 'review' }] });
    expect(await perform(agent, 'get_context_usage')).toEqual({ tokens: 500, contextWindow: 1_000, percent: 50 });
  });

  it('[AC01] is told: plans, thoughts, pictures that arrive, and how long it took', async () => {
    const agent = await open();
    await say(agent, 'plan');
    expect(owner.all('plan_update')).toMatchObject([{ entries: [{ content: 'Look', status: 'in_progress' }] }]);
    const image = { type: 'image', data: 'AA==', mimeType: 'image/png' } as const;
    const outcome = await agent.prompt({ message: 'images', images: [image, image] }, never);
    expect(outcome).toMatchObject({ text: '2 pictures', firstTokenMs: expect.any(Number), usage: { input: 6 } });
    expect(outcome.model).toMatchObject({ provider: 'loopback', id: 'small' });
  });

  it('[AC02] ends it when it is one endless line, and it is started again', async () => {
    backend = new AcpBackend({ processes, maxLineBytes: 100_000 });
    const agent = await open();
    const restarted = owner.next('agent_restarted');
    await expect(say(agent, 'shout 200000')).rejects.toMatchObject({ code: 'agent-failed', interrupted: true });
    await restarted;
    expect(agent.status.lastExit).toEqual({ signal: 'SIGKILL' });
    expect(await say(agent, 'echo back')).toBe('back');
  });

  it('[AC07] is kept of a long conversation only to its bound', async () => {
    backend = new AcpBackend({ processes, maxTranscriptBytes: 20_000 });
    const agent = await open();
    for (let index = 0; index < 5; index += 1) await say(agent, 'stream 2000');
    const { from, total, messages } = await perform(agent, 'get_messages', { from: 0 });
    expect([from, total, messages.length]).toEqual([6, 10, 4]);
    expect((await perform(agent, 'get_last_assistant_text')).text).toHaveLength(8_000);
    expect(await perform(agent, 'get_session_stats')).toMatchObject({ userMessages: 5, assistantMessages: 5 });
  });
});

describe('the commands of an agent', () => {
  it('[AC04] are those that it offers', async () => {
    const offered = await open([...kept()]);
    const nothing = await open(['--config', 'none'], { sessionId: 'agent-2' });
    for (const type of ['set_model', 'cycle_thinking_level', 'list_session_files'] as const) {
      expect([type, offered.supports(type), nothing.supports(type)]).toEqual([type, true, false]);
    }
    for (const type of ['steer', 'follow_up', 'compact', 'fork', 'clone', 'get_tree', 'export_html'] as const) {
      expect([type, offered.supports(type)]).toEqual([type, false]);
    }
  });

  it('[AC08] choose the model and the level of thinking, also when it is opened', async () => {
    const agent = await open([], { model: 'large', thinkingLevel: 'low' });
    expect(agent.status).toMatchObject({ model: { provider: 'loopback', id: 'large' }, thinkingLevel: 'low' });
    expect(await perform(agent, 'cycle_model')).toMatchObject({ model: { id: 'small' }, thinkingLevel: 'low' });
    expect(await perform(agent, 'set_thinking_level', { level: 'high' })).toEqual({ level: 'high' });
    expect(await perform(agent, 'cycle_thinking_level')).toEqual({ level: 'off' });
    expect(owner.all('model_changed').at(-1)).toMatchObject({ provider: 'loopback', modelId: 'small' });
    expect(owner.all('thinking_level_changed').map(({ level }) => level)).toEqual(['low', 'high', 'off']);
    await expect(perform(agent, 'set_thinking_level', { level: 'deep' })).rejects.toMatchObject({
      field: 'level',
      message: 'Cannot choose thinking level: the levels are off, low, high',
    });
  });

  it('[AC08] are refused by the name of the field when a session is opened', async () => {
    await expect(open([], { model: 'unheard/of' })).rejects.toMatchObject({ code: 'agent-input', field: 'model' });
    await expect(open(['--config', 'none'], { thinkingLevel: 'low' })).rejects.toMatchObject({
      field: 'thinkingLevel',
    });
  });

  it('[AC08] choose models of agents that offer them in the older way', async () => {
    const agent = await open(['--config', 'models']);
    expect((await perform(agent, 'get_available_models')).models).toEqual([
      { provider: 'small-agent', id: 'small' },
      { provider: 'small-agent', id: 'large' },
    ]);
    const chosen = await perform(agent, 'set_model', { provider: 'small-agent', modelId: 'large' });
    expect(chosen.model).toEqual({ provider: 'small-agent', id: 'large' });
    expect(agent.status.model).toEqual(chosen.model);
  });

  it('[AC05] begin a new conversation, of which the old one is no part but for the model', async () => {
    const agent = await open([...kept()]);
    await perform(agent, 'set_model', { provider: 'loopback', modelId: 'large' });
    await say(agent, 'echo one');
    const before = agent.status.agentSessionId;
    expect(await perform(agent, 'new_session')).toEqual({ cancelled: false });
    expect(agent.status.agentSessionId).not.toBe(before);
    expect(agent.status.model).toEqual({ provider: 'loopback', id: 'large' });
    expect(await say(agent, 'remember')).toBe('');
    expect(await perform(agent, 'get_messages')).toMatchObject({ total: 2 });
    const { sessions } = await perform(agent, 'list_session_files');
    expect(sessions).toHaveLength(2);
    expect(await backend.stored({ limit: 1 }, never)).toHaveLength(1);
    expect(await backend.stored({ limit: 5, cwd: '/elsewhere' }, never)).toEqual([]);
  });
});

it('[AC05] lists conversations by an agent that listens, while another of its program does not', async () => {
  await open(kept());
  const busy = await open(kept(), { sessionId: 'agent-2' });
  const prompt = busy.prompt({ message: 'busy 600000' }, never);
  prompt.catch(() => {});
  expect(await backend.stored({ limit: 5 }, never)).toHaveLength(2);
});

describe('a conversation', () => {
  /** Says one thing, ends the agent, and opens the conversation in another one. */
  async function takenUpAgain(way: string) {
    const options = [...kept(), '--resumes', way];
    const first = await open(options);
    await say(first, 'echo one');
    const agentSessionId = first.status.agentSessionId!;
    await first.close(5_000);
    owner = new TestOwner();
    return { again: await open(options, { resume: { agentSessionId } }), agentSessionId };
  }

  it.each(['load', 'resume'])('[AC05] is taken up again with a session, by %s', async (way) => {
    const { again, agentSessionId } = await takenUpAgain(way);
    expect(again.status).toMatchObject({ agentSessionId, messageCount: way === 'load' ? 2 : 0 });
    // What was said is no news.
    expect(owner.all('message_start')).toEqual([]);
    expect(await say(again, 'remember')).toBe('echo one | one');
  });

  it('[AC05] is whole also when the agent tells what was said only after it has answered', async () => {
    const { again } = await takenUpAgain('late');
    const told = async () =>
      (await perform(again, 'get_messages')).messages.map(({ role, content }) => [role, content[0]]);
    await expect.poll(told).toMatchObject([
      ['user', { text: 'echo one' }],
      ['assistant', { text: 'one' }],
    ]);
    expect(owner.all('message_end').map(({ role }) => role)).toEqual(['user', 'assistant']);
    expect(owner.all('turn_end')).toHaveLength(1);
    expect(await say(again, 'remember')).toBe('echo one | one');
  });

  it('[AC05] that is not known, or cannot be taken up, is refused by the field', async () => {
    const refused = { code: 'agent-input', field: 'agentSessionId' };
    await expect(open(kept(), { resume: { agentSessionId: 'nothing' } })).rejects.toMatchObject(refused);
    await expect(open([], { resume: { agentSessionId: 'nothing' } })).rejects.toMatchObject(refused);
    const file = { sessionPath: join(folder, 'file') };
    await expect(open(kept(), { resume: file })).rejects.toMatchObject({ field: 'sessionPath' });
  });

  it.each([
    [['--folder', 'kept'], true, 'echo one | one | crash | '],
    [['--folder', 'kept', '--resumes', 'resume'], true, 'echo one | one | crash | '],
    [[], false, ''],
  ])('[AC05] goes on after a crash of an agent with %j: %s', async (options, resumed, remembered) => {
    const agent = await open(options, { model: 'large' });
    await say(agent, 'echo one');
    const restarted = owner.next('agent_restarted');
    await expect(say(agent, 'crash')).rejects.toMatchObject({
      interrupted: true,
      message: "The agent's process ended while it worked",
    });
    expect(await restarted).toMatchObject({ attempt: 1, resumed });
    expect(owner.all('agent_restarting')).toMatchObject([{ exitCode: 3, signal: null, interrupted: true }]);
    expect(remembered).toContain(await say(agent, 'remember'));
    expect(agent.status).toMatchObject({ restarts: 1, model: { id: 'large' } });
    const { messages } = await perform(agent, 'get_messages');
    expect(messages[1]!.content).toEqual([{ type: 'text', text: 'one' }]);
  });

  it('[AG07] ends with an agent that dies too often', async () => {
    const agent = await open();
    const stopped = owner.next('agent_stopped');
    for (let life = 0; life < 4; life += 1) {
      const restarted = owner.next('agent_restarted');
      await expect(say(agent, 'crash')).rejects.toMatchObject({ interrupted: true });
      await restarted;
    }
    const begun = owner.next('agent_start');
    const last = expect(agent.prompt({ message: 'hang' }, never)).rejects.toMatchObject({ interrupted: true });
    await begun;
    process.kill(agent.status.pid!, 'SIGKILL');
    await last;
    expect(await stopped).toMatchObject({ reason: 'failed' });
    expect(agent.status).toMatchObject({ phase: 'stopped', lastExit: { signal: 'SIGKILL' } });
    await expect(say(agent, 'echo late')).rejects.toMatchObject({ code: 'agent-state' });
    expect(backend.snapshot()).toEqual({ agents: 0, processes: 0, restarting: 0, restarts: 4, crashes: 5 });
  });
});

describe('a program that an agent runs', () => {
  it('[AC06] runs in a terminal with the environment of tools', async () => {
    const agent = await open();
    expect(await say(agent, 'bash echo $FROM $API_KEY.')).toBe('It ended with 0 and said tools .');
    expect(owner.all('tool_execution_end')).toMatchObject([{ toolName: 'bash', isError: false, output: 'tools .\n' }]);
  });

  it('[AC06] ends with what it started when the prompt is aborted', async () => {
    const agent = await open();
    const said = owner.next('tool_execution_update');
    const prompt = agent.prompt({ message: 'bash sleep 1000 & echo begun; sleep 1000' }, never);
    await said;
    expect(await agent.abort(5_000)).toBe(true);
    expect(await prompt).toMatchObject({ stopReason: 'aborted' });
    expect(sessionMembers(terminals.opened[0]!.pid!)).toEqual([]);
    expect(agent.status.restarts).toBe(0);
  });

  it('[AC04] is not offered where there are no terminals', async () => {
    backend = new AcpBackend({ processes });
    expect(await say(await open(), 'bash ls')).toBe('There are no terminals.');
  });
});

it('[AG11] ends an agent that does not even listen to SIGTERM', async () => {
  backend = new AcpBackend({ processes, gracePeriodMs: 200 });
  const agent = await open();
  const begun = owner.next('agent_start');
  const prompt = agent.prompt({ message: 'deaf' }, never);
  await begun;
  const restarted = owner.next('agent_restarted');
  expect(await agent.abort(500)).toBe(true);
  expect(await prompt).toMatchObject({ stopReason: 'aborted' });
  await restarted;
  expect(agent.status).toMatchObject({ restarts: 1, lastExit: { signal: 'SIGKILL' } });
  expect(await say(agent, 'echo again')).toBe('again');
});

it('[AC05] ends the commands of an agent whose process is lost', async () => {
  const agent = await open();
  const begun = owner.next('tool_execution_start');
  const prompt = agent.prompt({ message: 'bash sleep 1000' }, never);
  prompt.catch(() => {});
  await begun;
  const restarted = owner.next('agent_restarted');
  process.kill(agent.status.pid!, 'SIGKILL');
  await expect(prompt).rejects.toMatchObject({ interrupted: true });
  await restarted;
  expect(await Promise.all(terminals.opened.map((terminal) => terminal.waitForExit()))).toMatchObject([
    { signal: 'SIGKILL' },
  ]);
});

describe('a tool that an agent runs outside a prompt', () => {
  const ended = [{ toolCallId: 'beside', isError: true }];
  let agent: Agent;

  beforeEach(async () => {
    agent = await open();
    const begun = owner.next('tool_execution_start');
    await say(agent, 'beside');
    process.kill(agent.status.pid!, 'SIGUSR2');
    await begun;
  });

  it('[AG11] is over when somebody aborts, and the agent is told', async () => {
    expect(await agent.abort(5_000)).toBe(true);
    expect(owner.all('tool_execution_end')).toMatchObject(ended);
    expect(owner.events.at(-1)).toEqual({ type: 'turn_end' });
    expect(await agent.abort(5_000)).toBe(false);
    expect(await say(agent, 'echo on')).toBe('on');
    expect(owner.all('tool_execution_end')).toHaveLength(1);
  });

  it('[AC05] is over with the process of the agent', async () => {
    const restarting = owner.next('agent_restarting');
    process.kill(agent.status.pid!, 'SIGKILL');
    await restarting;
    expect(owner.all('tool_execution_end')).toMatchObject(ended);
  });

  it('[AG19] is over with the agent, which tells so last', async () => {
    await agent.close(5_000);
    expect(owner.all('tool_execution_end')).toMatchObject(ended);
    expect(owner.events.at(-1)).toMatchObject({ type: 'agent_stopped' });
  });

  it('[AC05] is over with its conversation', async () => {
    await perform(agent, 'new_session');
    expect(owner.all('tool_execution_end')).toMatchObject(ended);
    expect(await perform(agent, 'get_messages')).toMatchObject({ total: 0 });
  });
});

it('[AG15] takes a question back that an agent asks outside a prompt when somebody aborts', async () => {
  const agent = await open();
  await say(agent, 'beside and ask');
  process.kill(agent.status.pid!, 'SIGUSR2');
  await owner.asked;
  expect(await agent.abort(5_000)).toBe(true);
  await expect.poll(() => owner.takenBack).toBe(1);
  expect(await agent.abort(5_000)).toBe(false);
});

describe('an agent whose process is lost', () => {
  it('[AC05] has ended to make its context smaller', async () => {
    const agent = await open();
    const begun = owner.next('compaction_start');
    const prompt = expect(agent.prompt({ message: 'compacting' }, never)).rejects.toMatchObject({ interrupted: true });
    await begun;
    expect(agent.status.isCompacting).toBe(true);
    process.kill(agent.status.pid!, 'SIGKILL');
    await prompt;
    expect(agent.status.isCompacting).toBe(false);
    expect(owner.all('compaction_end')).toEqual([{ type: 'compaction_end', aborted: true }]);
  });

  it('[AC05] leaves no program that it had started', async () => {
    const agent = await open();
    const restarted = owner.next('agent_restarted');
    await expect(say(agent, 'orphan')).rejects.toMatchObject({ interrupted: true });
    await restarted;
    expect(sessionMembers(pids[0]!)).toEqual([]);
    expect(owner.all('agent_restarting')).toMatchObject([{ exitCode: 3 }]);
  });

  it('[AC02] is one that cannot be heard any more: it is ended, and started again', async () => {
    const agent = await open();
    const restarted = owner.next('agent_restarted');
    await expect(say(agent, 'hush')).rejects.toMatchObject({ code: 'agent-failed', interrupted: true });
    await restarted;
    expect(sessionMembers(pids[0]!)).toEqual([]);
    expect(await say(agent, 'echo again')).toBe('again');
  });
});

it('[AG14] goes by the name that a person gave it, whatever it calls its conversation', async () => {
  const agent = await open();
  await say(agent, 'tell');
  expect(agent.status.name).toBe('A fine talk');
  await agent.rename('Mine', never);
  expect(agent.status.name).toBe('Mine');
});

describe('an agent that is closed', () => {
  it('[AG19] leaves no process when its own comes up again just then', async () => {
    const agent = await open(kept());
    process.kill(agent.status.pid!, 'SIGKILL');
    while (pids.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await agent.close(5_000);
    expect(pids.flatMap(sessionMembers)).toEqual([]);
    expect(owner.events.at(-1)).toMatchObject({ type: 'agent_stopped', reason: 'closed' });
  });

  it('[AG12] leaves no process for a caller who gives up while it is started', async () => {
    const gaveUp = new Error('gave up');
    const controller = new AbortController();
    const start = processes;
    processes = {
      start: async (wanted) => {
        const child = await start.start(wanted);
        controller.abort(gaveUp);
        return child;
      },
    };
    backend = new AcpBackend({ processes, gracePeriodMs: 100 });
    await expect(open(['--mute'], {}, controller.signal)).rejects.toBe(gaveUp);
    expect(pids.flatMap(sessionMembers)).toEqual([]);
    expect(backend.snapshot()).toMatchObject({ agents: 0, processes: 0 });
  });
});
