import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { AgentProcess, AgentProcessRequest } from '../src/agent-process.ts';
import type { Agent, OpenAgent } from '../src/backend.ts';
import { type Clock, systemClock } from '../src/clock.ts';
import type { PiBackend, PiBackendOptions } from '../src/pi/index.ts';
import { fakePiBackend, writeFakePi } from './fake-pi-backend.ts';
import { RecordedProcesses } from './recorded-processes.ts';
import { TestOwner } from './test-owner.ts';

const never = new AbortController().signal;
let folder: string;
const backends: PiBackend[] = [];
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'pi-')));
  mkdirSync(join(folder, 'work'));
});
afterEach(async () => {
  await Promise.all(backends.splice(0).map((backend) => backend.close(5_000)));
  rmSync(folder, { recursive: true });
});

function backendOf(options: Partial<PiBackendOptions> = {}): PiBackend {
  const backend = fakePiBackend(folder, options);
  backends.push(backend);
  return backend;
}

function request(sessionId = 's'): OpenAgent {
  const path = { PATH: process.env['PATH']! };
  return { sessionId, cwd: join(folder, 'work'), env: { ...path, npm_config_prefix: '/' }, toolEnv: path };
}

async function open(options: Partial<PiBackendOptions> = {}): Promise<{ agent: Agent; owner: TestOwner }> {
  const owner = new TestOwner();
  return { agent: await backendOf(options).open(request(), owner, never), owner };
}

/** Processes of a Node that never says anything, and the first of them as soon as it runs. */
function silentNode() {
  const nodePath = join(folder, 'node');
  writeFileSync(nodePath, '#!/bin/sh\nexec sleep 1000\n', { mode: 0o700 });
  let tell: (process: AgentProcess) => void;
  const first = new Promise<AgentProcess>((resolve) => {
    tell = resolve;
  });
  const recorded = new RecordedProcesses();
  const start = async (wanted: AgentProcessRequest) => {
    const started = await recorded.start(wanted);
    tell(started);
    return started;
  };
  return { options: { nodePath, processes: { start } }, first };
}

it('keeps what pi and its extensions print away from what it says to the daemon', async () => {
  const { agent } = await open();
  expect((await agent.prompt({ message: 'print' }, never)).text).toBe('Printed.');
  expect(agent.status.restarts).toBe(0);
});

it('tells of a promise of an extension that nobody waits for, and goes on', async () => {
  const { agent, owner } = await open();
  expect((await agent.prompt({ message: 'late' }, never)).text).toBe('Still here.');
  expect(owner.all('extension_error')).toMatchObject([{ message: 'nobody waits for this' }]);
});

it('tells what extensions note, and their line of state', async () => {
  const { agent, owner } = await open();
  await agent.prompt({ message: 'note well' }, never);
  expect(owner.all('extension_notify')).toEqual([{ type: 'extension_notify', message: 'well', level: 'warning' }]);
  expect(owner.all('extension_status')).toEqual([{ type: 'extension_status', key: 'line', text: 'well' }]);
});

it('gives commands of tools the environment for tools and the names of the session, and nothing of its own', async () => {
  const { agent } = await open();
  const { text } = await agent.prompt(
    { message: 'bash echo "[$HOST_ONLY$npm_config_prefix]"; echo "$PI_SESSION_ID"' },
    never,
  );
  expect(text).toContain('[]');
  expect(text).toContain(agent.status.agentSessionId);
});

it('leaves settings of npm out of the environment of pi', async () => {
  const processes = new RecordedProcesses();
  await open({ processes });
  expect(processes.requests[0]?.env).not.toHaveProperty('npm_config_prefix');
});

it('gives the Node that runs pi the arguments it is to have', async () => {
  const processes = new RecordedProcesses();
  const { agent } = await open({ processes, nodeArgs: ['--no-deprecation'] });
  expect((await agent.prompt({ message: 'say hello' }, never)).text).toBe('hello');
  expect(processes.requests[0]?.args).toContain('--no-deprecation');
});

it.each([
  ['no package', { packagePath: '/nowhere' }, /install @earendil-works\/pi-coding-agent/],
  ['a Node that is not there', { nodePath: '/nowhere/node' }, /Node named for it cannot be run/],
])('says what is missing: %s', async (_what, options, message) => {
  await expect(open(options)).rejects.toMatchObject({
    code: 'agent-unavailable',
    message: expect.stringMatching(message),
  });
});

it('says why a process ended before it was ready, without the keys it was given', async () => {
  const hostScript = join(folder, 'broken.mjs');
  writeFileSync(hostScript, "throw new TypeError('Cannot read ' + process.env['SOME_API_KEY']);");
  const env = { ...request().env, SOME_API_KEY: 'hunter2hunter2' };
  const opened = backendOf({ hostScript, nodeArgs: [] }).open({ ...request(), env }, new TestOwner(), never);
  await expect(opened).rejects.toMatchObject({
    code: 'agent-failed',
    message: expect.stringMatching(/with status 1; the last it said: TypeError: Cannot read \[hidden\]$/),
  });
});

it('says which Node a package needs', async () => {
  const packagePath = writeFakePi(folder, { engines: { node: '>=99.1.0' } });
  await expect(open({ packagePath })).rejects.toMatchObject({
    code: 'agent-unavailable',
    message: expect.stringContaining('needs Node 99.1.0 or newer'),
  });
});

it('takes an opening back for a caller who gives up while an extension waits, and leaves the others alone', async () => {
  const backend = backendOf({ abortMs: 1 });
  const other = await backend.open(request('other'), new TestOwner(), never);
  const wait = join(folder, 'work', 'wait');
  writeFileSync(wait, '');
  const gaveUp = new Error('gave up');
  const controller = new AbortController();
  const opened = backend.open(request(), new TestOwner(), controller.signal);
  setImmediate(() => controller.abort(gaveUp));
  await expect(opened).rejects.toBe(gaveUp);
  expect(backend.snapshot()).toMatchObject({ agents: 1, restarts: 0 });
  rmSync(wait);
  expect((await other.prompt({ message: 'say still here' }, never)).text).toBe('still here');
  const again = await backend.open(request(), new TestOwner(), never);
  expect((await again.prompt({ message: 'say me too' }, never)).text).toBe('me too');
});

it('gives up opening what is not open in time', async () => {
  const backend = backendOf({ startMs: 4_000, abortMs: 1 });
  await backend.open(request('other'), new TestOwner(), never);
  writeFileSync(join(folder, 'work', 'wait'), '');
  await expect(backend.open(request(), new TestOwner(), never)).rejects.toMatchObject({
    code: 'agent-failed',
    message: expect.stringContaining('within 4000 ms'),
  });
});

it('refuses a session that is being opened already, which is none the worse for it', async () => {
  const backend = backendOf();
  const first = backend.open(request(), new TestOwner(), never);
  await expect(backend.open(request(), new TestOwner(), never)).rejects.toMatchObject({ code: 'agent-state' });
  const agent = await first;
  await expect(backend.open(request(), new TestOwner(), never)).rejects.toMatchObject({ code: 'agent-state' });
  expect(backend.snapshot()).toMatchObject({ agents: 1 });
  expect((await agent.prompt({ message: 'say yes' }, never)).text).toBe('yes');
});

it('has no process when it is closed while the first one comes up', async () => {
  const { options, first } = silentNode();
  const backend = backendOf(options);
  const opened = backend.open(request(), new TestOwner(), never);
  opened.catch(() => {});
  const coming = await first;
  while (backend.snapshot().processes === 0) await new Promise(setImmediate);
  await backend.close(5_000);
  expect(backend.snapshot()).toMatchObject({ agents: 0, processes: 0 });
  await coming.exited;
  await expect(opened).rejects.toMatchObject({ code: 'agent-failed' });
});

it('kills a process that comes up, too', async () => {
  const { options, first } = silentNode();
  const backend = backendOf(options);
  const opened = backend.open(request(), new TestOwner(), never);
  opened.catch(() => {});
  const coming = await first;
  backend.killAll();
  expect(await coming.exited).toMatchObject({ signal: 'SIGKILL' });
  await expect(opened).rejects.toMatchObject({ code: 'agent-failed' });
});

it('has no spare process when it is closed while that comes up', async () => {
  const processes = new RecordedProcesses();
  const backend = backendOf({ processes, spares: 1 });
  await backend.open(request(), new TestOwner(), never);
  while (processes.started.length < 2) await new Promise(setImmediate);
  await backend.close(5_000);
  expect(backend.snapshot()).toMatchObject({ agents: 0, processes: 0 });
  await Promise.all(processes.started.map(({ exited }) => exited));
});

it('ends ten sessions, those included that work, with one close', async () => {
  const processes = new RecordedProcesses();
  const backend = backendOf({ processes });
  const owners = Array.from({ length: 10 }, () => new TestOwner());
  const agents = await Promise.all(owners.map((owner, index) => backend.open(request(`s${index}`), owner, never)));
  const begun = Promise.all(owners.slice(0, 5).map((owner) => owner.next('agent_start')));
  const prompts = agents.slice(0, 5).map((agent) => agent.prompt({ message: 'hang' }, never).catch(() => {}));
  await begun;
  await backend.close(5_000);
  await Promise.all(prompts);
  for (const owner of owners) {
    expect(owner.events.at(-1)).toMatchObject({ type: 'agent_stopped', reason: 'closed' });
  }
  expect(backend.snapshot()).toEqual({ agents: 0, processes: 0, restarting: 0, restarts: 0, crashes: 0 });
  expect(processes.started).toHaveLength(1);
});

it('ends no work of others, who share a process, for one that is closed at once', async () => {
  // Short waits pass, and none that is long enough for whoever works.
  const clock: Clock = {
    now: systemClock.now,
    after: (delayMs, act, options) => (delayMs < 1_000 ? systemClock.after(delayMs, act, options) : () => {}),
  };
  const backend = backendOf({ clock });
  const owner = new TestOwner();
  const neighbour = await backend.open(request('neighbour'), owner, never);
  const begun = owner.next('agent_start');
  neighbour.prompt({ message: 'hang' }, never).catch(() => {});
  await begun;
  const hasty = await backend.open(request('hasty'), new TestOwner(), never);
  await hasty.close(0);
  expect(hasty.status.phase).toBe('stopped');
  expect(neighbour.status).toMatchObject({ phase: 'running', restarts: 0 });
  expect(owner.all('agent_restarting')).toEqual([]);
});

it('starts a process that dies at rest again, with its conversations', async () => {
  const { agent, owner } = await open();
  await agent.prompt({ message: 'say remember this' }, never);
  const restarted = owner.next('agent_restarted');
  process.kill(agent.status.pid!, 'SIGKILL');
  expect(await restarted).toMatchObject({ attempt: 1, resumed: true });
  expect(owner.all('agent_restarting')).toMatchObject([{ signal: 'SIGKILL', interrupted: false }]);
  expect(agent.status).toMatchObject({ restarts: 1, lastExit: { signal: 'SIGKILL' } });
});

it('does not open again what is closed while its process comes up again', async () => {
  const processes = new RecordedProcesses();
  const { agent, owner } = await open({ processes });
  await agent.prompt({ message: 'say kept' }, never);
  const { sessionFile } = agent.status;
  const restarting = owner.next('agent_restarting');
  process.kill(agent.status.pid!, 'SIGKILL');
  await restarting;
  while (processes.started.length < 2) await new Promise(setImmediate);
  await agent.close(5_000);
  expect(owner.events.at(-1)).toMatchObject({ type: 'agent_stopped', reason: 'closed' });
  const [backend] = backends;
  const again = await backend!.open({ ...request(), resume: { sessionPath: sessionFile! } }, new TestOwner(), never);
  expect(again.status.messageCount).toBe(2);
  expect(owner.events.at(-1)).toMatchObject({ type: 'agent_stopped' });
});

it('repeats no key of a provider in what it says of a failure', async () => {
  const backend = backendOf();
  const owner = new TestOwner();
  const env = { ...request().env, FAKE_API_KEY: 'hunter2hunter2' };
  const agent = await backend.open({ ...request(), env }, owner, never);
  const prompt = agent.prompt({ message: 'fail 401 no such key: hunter2hunter2;' }, never);
  await expect(prompt).rejects.toMatchObject({ message: expect.stringContaining('no such key: [hidden];') });
  const told = JSON.stringify([owner.all('message_end').at(-1), owner.all('agent_end'), agent.status]);
  expect(told).toContain('no such key: [hidden];');
  const messages = await agent.perform({ type: 'get_messages', sessionId: 's' }, never);
  expect(told + JSON.stringify((messages as { messages: object[] }).messages.at(-1))).not.toContain('hunter2');
});

it('does not wait for a process that dies while a session is opened in it, and opens the others again', async () => {
  const processes = new RecordedProcesses();
  const backend = backendOf({ processes });
  const owner = new TestOwner();
  const other = await backend.open(request('other'), owner, never);
  const wait = join(folder, 'work', 'wait');
  writeFileSync(wait, '');
  const opened = backend.open(request(), new TestOwner(), never);
  opened.catch(() => {});
  const restarted = owner.next('agent_restarted');
  process.kill(other.status.pid!, 'SIGKILL');
  await expect(opened).rejects.toMatchObject({ code: 'agent-failed', interrupted: true });
  rmSync(wait);
  await restarted;
  expect(backend.snapshot()).toMatchObject({ agents: 1, restarts: 1, crashes: 1 });
});

it('begins a new conversation with the model and the settings of the one before', async () => {
  const { agent } = await open();
  const perform = (type: 'cycle_model' | 'cycle_thinking_level' | 'new_session') =>
    agent.perform({ type, sessionId: 's' }, never);
  await perform('cycle_model');
  await perform('cycle_thinking_level');
  await agent.perform({ type: 'set_auto_compaction', sessionId: 's', enabled: false }, never);
  await agent.perform({ type: 'set_auto_retry', sessionId: 's', enabled: true }, never);
  await agent.prompt({ message: 'say something' }, never);
  const { sessionFile } = agent.status;
  const chosen = {
    model: { id: 'large' },
    thinkingLevel: 'low',
    autoCompactionEnabled: false,
    autoRetryEnabled: true,
  };
  expect(agent.status).toMatchObject(chosen);
  expect(await perform('new_session')).toMatchObject({ cancelled: false });
  expect(agent.status).toMatchObject({ ...chosen, messageCount: 0 });
  expect(agent.status.sessionFile).not.toBe(sessionFile);
});

it('goes from one conversation to another, neither of which anybody else can open meanwhile', async () => {
  const backend = backendOf();
  const [one, two] = [request('one'), request('two')];
  const first = await backend.open(one, new TestOwner(), never);
  await first.prompt({ message: 'say first' }, never);
  const from = first.status.sessionFile!;
  await first.perform({ type: 'new_session', sessionId: 'one' }, never);
  await first.prompt({ message: 'say second' }, never);
  const to = first.status.sessionFile!;
  const second = await backend.open({ ...two, resume: { sessionPath: from } }, new TestOwner(), never);
  const go = (sessionPath: string) =>
    first.perform({ type: 'switch_session_file', sessionId: 'one', sessionPath }, never);
  await expect(go(from)).rejects.toMatchObject({ code: 'agent-state' });
  await second.close(5_000);
  await go(from);
  await expect(backend.open({ ...two, resume: { sessionPath: from } }, new TestOwner(), never)).rejects.toMatchObject({
    code: 'agent-state',
  });
  expect((await backend.open({ ...two, resume: { sessionPath: to } }, new TestOwner(), never)).status.sessionFile).toBe(
    to,
  );
});

it('lets nobody open what is no conversation, for pi would write over it: no caller and no extension', async () => {
  const notes = join(folder, 'work', 'notes.jsonl');
  writeFileSync(notes, 'my notes');
  const { agent } = await open();
  const refused = { code: 'agent-input', field: 'sessionPath' };
  const [backend] = backends;
  const resumed = backend!.open({ ...request('two'), resume: { sessionPath: notes } }, new TestOwner(), never);
  await expect(resumed).rejects.toMatchObject(refused);
  const command = { type: 'switch_session_file', sessionId: 's', sessionPath: notes } as const;
  await expect(agent.perform(command, never)).rejects.toMatchObject(refused);
  await expect(agent.prompt({ message: `go ${notes}` }, never)).rejects.toThrow('no conversation of pi');
  expect(readFileSync(notes, 'utf8')).toBe('my notes');
});

it('ends the summing up of a conversation when it is told to, which is an error of its own', async () => {
  const { agent, owner } = await open();
  const begun = owner.next('compaction_start');
  const compaction = agent.perform({ type: 'compact', sessionId: 's', customInstructions: 'hang' }, never);
  await begun;
  expect(await agent.perform({ type: 'abort_compaction', sessionId: 's' }, never)).toEqual({ aborted: true });
  await expect(compaction).rejects.toMatchObject({ code: 'agent-aborted' });
  expect(owner.all('compaction_end')).toMatchObject([{ aborted: true }]);
  expect(agent.status).toMatchObject({ phase: 'idle', isCompacting: false });
});

it('refuses what is queued when too much waits already', async () => {
  const { agent, owner } = await open();
  const begun = owner.next('agent_start');
  const prompt = agent.prompt({ message: 'hang' }, never);
  await begun;
  const long = 'x'.repeat(5_000_000);
  await agent.followUp({ message: long }, never);
  await expect(agent.steer({ message: `${long}y` }, never)).rejects.toMatchObject({ code: 'agent-state' });
  expect(agent.status).toMatchObject({ steering: [], followUp: [long] });
  await agent.abort(20_000);
  expect(await prompt).toMatchObject({ stopReason: 'aborted' });
  expect(agent.status.followUp).toEqual([]);
});

it('answers an abort at rest at once, and ends nothing of a prompt that was given right behind it', async () => {
  const { agent, owner } = await open();
  const begun = owner.next('agent_start');
  const aborted = agent.abort(20_000);
  const prompt = agent.prompt({ message: 'hang' }, never);
  await begun;
  expect(await aborted).toBe(false);
  expect(agent.status.phase).toBe('running');
  expect(await agent.abort(20_000)).toBe(true);
  expect(await prompt).toMatchObject({ stopReason: 'aborted' });
  expect(agent.status.restarts).toBe(0);
});
