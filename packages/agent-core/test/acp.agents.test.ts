import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentCommand } from '@sessiond/protocol';
import { type ModelServer, needAgent, sessionMembers, startModelServer, writeOpencodeHome } from '@sessiond/testkit';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { AcpBackend } from '../src/acp/index.ts';
import type { AgentProcesses } from '../src/agent-process.ts';
import type { Agent, Performed, PerformedType } from '../src/backend.ts';
import { ChildAgentProcesses } from '../src/child-agent-processes.ts';
import { eventProblems } from './event-problems.ts';
import { TestOwner } from './test-owner.ts';

const never = new AbortController().signal;

let folder: string;
let cwd: string;
let model: ModelServer;
let pids: number[];
let backend: AcpBackend;
let owner: TestOwner;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'acp-agents-'));
  cwd = join(folder, 'work');
  await mkdir(cwd);
  model = await startModelServer();
  pids = [];
  const children = new ChildAgentProcesses();
  const processes: AgentProcesses = {
    start: async (wanted) => {
      const child = await children.start(wanted);
      pids.push(child.pid);
      return child;
    },
  };
  backend = new AcpBackend({ processes });
  owner = new TestOwner();
});
afterEach(async () => {
  await backend.close(10_000);
  await model.close();
  await rm(folder, { recursive: true, maxRetries: 5, retryDelay: 200 });
  expect(pids.flatMap(sessionMembers)).toEqual([]);
  expect(owner.events.flatMap(eventProblems)).toEqual([]);
});

function perform<T extends PerformedType>(agent: Agent, type: T): Promise<Performed<T>> {
  return agent.perform({ type, sessionId: 'agent-1' } as AgentCommand<T>, never);
}

/**
 * opencode runs its tools itself and asks for no terminal of ours; it tells failures of a provider without their status, after it has tried again on its own for a
 * minute or longer, which is not waited for here.
 */
describe('opencode', () => {
  async function open(context: TestContext, more: { ask?: true; resume?: { agentSessionId: string } } = {}) {
    const { programPath } = needAgent(context, 'opencode');
    const env: Record<string, string> = {
      PATH: process.env['PATH'] ?? '',
      ...writeOpencodeHome(folder, model.baseUrl),
    };
    if (more.ask) {
      const path = join(env['XDG_CONFIG_HOME']!, 'opencode', 'opencode.json');
      const config = JSON.parse(await readFile(path, 'utf8'));
      await writeFile(path, JSON.stringify({ ...config, permission: { bash: 'ask' } }));
    }
    const { resume } = more;
    const request = { sessionId: 'agent-1', cwd, env, toolEnv: env, command: programPath, args: ['acp'] };
    return backend.open({ ...request, ...(resume !== undefined && { resume }) }, owner, never);
  }

  it('[AC10] shakes hands, says what it can, answers, thinks, and takes pictures', async (context) => {
    const agent = await open(context);
    expect(agent.status).toMatchObject({ phase: 'idle', model: { provider: 'loopback', id: 'small' } });
    expect((await perform(agent, 'get_available_models')).models.map(({ id }) => id).sort()).toEqual([
      'large',
      'small',
    ]);
    expect(agent.supports('list_session_files')).toBe(true);
    expect(agent.supports('set_thinking_level')).toBe(true);

    expect(await agent.prompt({ message: 'stream 50' }, never)).toMatchObject({
      stopReason: 'stop',
      usage: { output: 50 },
    });
    expect(owner.said).toMatch(/^000 001 .* 049 ?$/);
    await agent.prompt({ message: 'think 20' }, never);
    const thoughts = owner
      .all('message_update')
      .filter(({ assistantMessageEvent: { type } }) => type === 'thinking_delta');
    expect(thoughts.length).toBeGreaterThan(0);
    const image = { type: 'image', mimeType: 'image/png', data: PIXEL } as const;
    await agent.prompt({ message: 'look', images: [image] }, never);
    expect(model.requests.some(({ images }) => images === 1)).toBe(true);
  });

  it('[AC10] goes over to another model', async (context) => {
    const agent = await open(context);
    const command = { type: 'set_model', sessionId: 'agent-1', provider: 'loopback', modelId: 'large' } as const;
    expect(await agent.perform(command, never)).toMatchObject({ model: { provider: 'loopback', id: 'large' } });
    await agent.prompt({ message: 'say hello' }, never);
    expect(model.requests.some(({ model, prompt }) => model === 'large' && prompt.includes('say hello'))).toBe(true);
  });

  it('[AC10] calls a tool whose output is told as it comes', async (context) => {
    const agent = await open(context);
    const outcome = await agent.prompt({ message: 'bash echo one; sleep 1; echo two' }, never);
    expect(outcome).toMatchObject({ stopReason: 'stop', text: 'The tool said: one\ntwo' });
    const [begun] = owner.all('tool_execution_start');
    expect(begun).toMatchObject({ toolName: 'bash', args: { command: 'echo one; sleep 1; echo two' } });
    expect(
      owner
        .all('tool_execution_update')
        .map(({ delta }) => delta)
        .join(''),
    ).toBe('one\ntwo\n');
    expect(owner.all('tool_execution_end')).toMatchObject([{ isError: false, output: 'one\ntwo\n' }]);
    expect(await perform(agent, 'get_session_stats')).toMatchObject({ userMessages: 1, toolCalls: 1, toolResults: 1 });
  });

  it('[AC10] asks for leave, and does not do what it is refused', async (context) => {
    const agent = await open(context, { ask: true });
    owner.answer = ({ options }) => ({ value: options![0]! });
    await agent.prompt({ message: 'bash touch allowed' }, never);
    expect(owner.questions).toMatchObject([{ method: 'select', options: ['Allow once', 'Always allow', 'Reject'] }]);
    owner.answer = () => ({ value: 'Reject' });
    await agent.prompt({ message: 'bash touch refused' }, never);
    expect(execFileSync('ls', [cwd], { encoding: 'utf8' })).toBe('allowed\n');
  });

  it('[AC10] hangs up on the model when it is aborted, and kills what a tool runs', async (context) => {
    const agent = await open(context);
    for (const where of ['headers', 'first-token', 'end']) {
      const before = model.requests.length;
      const prompt = agent.prompt({ message: `hang ${where}` }, never);
      const request = await untilRequest(before, `hang ${where}`);
      expect(await agent.abort(20_000)).toBe(true);
      expect(await prompt).toMatchObject({ stopReason: 'aborted' });
      expect(await request.closed).toBe('abandoned');
    }
    const begun = owner.next('tool_execution_update');
    const prompt = agent.prompt({ message: 'bash echo pid $$.; sleep 1000 & sleep 1000' }, never);
    const shell = Number(/pid (\d+)\./.exec((await begun).delta)?.[1]);
    expect(await agent.abort(20_000)).toBe(true);
    expect(await prompt).toMatchObject({ stopReason: 'aborted' });
    expect(() => process.kill(shell, 0)).toThrow('ESRCH');
    expect(agent.status.restarts).toBe(0);
    expect(await agent.prompt({ message: 'say still here' }, never)).toMatchObject({ text: 'still here' });
  });

  it('[AC10] goes on after kill -9 in the middle, and knows what was said', async (context) => {
    const agent = await open(context);
    await agent.prompt({ message: 'say something to remember' }, never);
    const prompt = agent.prompt({ message: 'hang first-token' }, never);
    prompt.catch(() => {});
    await untilRequest(0, 'hang first-token');
    const restarted = owner.next('agent_restarted');
    process.kill(agent.status.pid!, 'SIGKILL');
    await expect(prompt).rejects.toMatchObject({ interrupted: true });
    expect(await restarted).toMatchObject({ resumed: true });
    await agent.prompt({ message: 'say back' }, never);
    expect(JSON.stringify(model.requests.at(-1)!.body)).toContain('something to remember');
  });

  it('[AC10] takes a conversation up again, and tells what was said', async (context) => {
    const first = await open(context);
    await first.prompt({ message: 'say hello' }, never);
    const agentSessionId = first.status.agentSessionId!;
    expect((await backend.stored({ limit: 10, cwd }, never)).map((stored) => stored.agentSessionId)).toEqual([
      agentSessionId,
    ]);
    await first.close(10_000);
    owner = new TestOwner();
    const again = await open(context, { resume: { agentSessionId } });
    expect(await perform(again, 'get_last_assistant_text')).toEqual({ text: 'hello' });
    const { messages } = await perform(again, 'get_messages');
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
  });

  it('[AG17] blames the provider, as far as it is told', async (context) => {
    const agent = await open(context);
    // An error that opencode does not try again after.
    await expect(agent.prompt({ message: 'fail 401' }, never)).rejects.toMatchObject({
      code: 'agent-failed',
      interrupted: false,
      provider: { provider: 'loopback', model: 'small', kind: 'unknown' },
    });
    expect(await agent.prompt({ message: 'say still here' }, never)).toMatchObject({ text: 'still here' });
  });
});

/** gemini cannot be told of another provider, so without a network only what comes before the model is tried. */
describe('gemini', () => {
  it('[AC10] shakes hands, offers models and modes, ends a prompt whose provider cannot be reached, and leaves nothing', async (context) => {
    const { programPath } = needAgent(context, 'gemini');
    const nowhere = 'http://127.0.0.1:9';
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      TMPDIR: folder,
      GEMINI_API_KEY: 'not-a-key',
      GOOGLE_GEMINI_BASE_URL: nowhere,
      HTTP_PROXY: nowhere,
      HTTPS_PROXY: nowhere,
      GEMINI_CLI_NO_RELAUNCH: '1',
    };
    const request = {
      sessionId: 'agent-1',
      cwd,
      env,
      toolEnv: env,
      command: process.execPath,
      args: [programPath, '--acp'],
    };
    const agent = await backend.open(request, owner, never);
    expect(agent.status).toMatchObject({ phase: 'idle', agentSessionId: expect.any(String) });
    expect((await perform(agent, 'get_available_models')).models.length).toBeGreaterThan(1);
    expect(owner.all('extension_status')).toMatchObject([{ key: 'mode', text: 'Default' }]);
    const begun = owner.next('agent_start');
    const prompt = agent.prompt({ message: 'hello' }, never);
    await begun;
    expect(await agent.abort(20_000)).toBe(true);
    expect(await prompt).toMatchObject({ stopReason: 'aborted' });
  });
});

/** One pixel, as PNG. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** The first request from an index on that is about a prompt: others, such as for a title, come in between. */
async function untilRequest(from: number, prompt: string) {
  for (let index = from; ; index += 1) {
    const request = await model.request(index);
    if (request.prompt.includes(prompt) && request.tools.length > 0) return request;
  }
}
