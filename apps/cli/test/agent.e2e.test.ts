import { EventEmitter, once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@sessiond/client';
import { connect } from '@sessiond/client/node';
import type { AgentEvent, AgentEventType } from '@sessiond/protocol';
import { startDaemon, type TestDaemon } from '@sessiond/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, ended, type RunOptions, runCli, startCli } from './sessionctl.ts';

let daemon: TestDaemon;
let client: Client;
let folder: string;
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'sessionctl-agent-')));
  daemon = await startDaemon({ flags: ['--agent-backends', 'fake'] });
  client = await connect({ socketPath: daemon.socketPath });
});
afterAll(async () => {
  await client.close();
  expect(await daemon.stop()).toMatchObject({ leftover: [] });
  rmSync(folder, { recursive: true });
});

function cli(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return runCli(args, { ...options, env: { SESSIOND_SOCKET: daemon.socketPath, ...options.env } });
}

function agent(...args: readonly string[]): Promise<Ended> {
  return cli(['agent', ...args]);
}

let names = 0;
/** Starts an agent; the id of its session. */
async function startAgent(...options: readonly string[]): Promise<string> {
  names += 1;
  const id = `agent-${names}`;
  const started = await cli(['agent', 'new', '--backend', 'fake', '--id', id, ...options], { cwd: folder });
  expect(started).toEqual({ code: 0, signal: null, stdout: `${id}\n`, stderr: '' });
  return id;
}

/** Follows a session from now on; `event` is the next one of a type. */
async function watch<T extends AgentEventType>(
  id: string,
  type: T,
): Promise<{ readonly event: Promise<AgentEvent<T>> }> {
  const feed = await client.follow(id, { from: 'now' });
  const next = async (): Promise<AgentEvent<T>> => {
    for await (const item of feed) {
      if (item.kind === 'event' && item.event.type === type) return item.event as AgentEvent<T>;
    }
    throw new Error(`Cannot wait for ${type} any longer: ${id} is over`);
  };
  return { event: next() };
}

/** Passes on what a client and a daemon say, but holds the daemon's answer to an attach, and what follows it, until it is released. */
async function holdAttach(daemonPath: string, path: string) {
  const seen = new EventEmitter();
  const waiting: Buffer[] = [];
  let isHeld = false;
  let toClient!: Socket;
  const server = createServer((socket) => {
    toClient = socket;
    const toDaemon = createConnection(daemonPath);
    socket.on('data', (bytes) => {
      toDaemon.write(bytes);
      seen.emit('sent');
    });
    toDaemon.on('data', (bytes) => {
      isHeld ||= bytes.includes('"command":"attach"');
      if (isHeld) waiting.push(bytes);
      else socket.write(bytes);
      if (isHeld) seen.emit('held');
    });
    toDaemon.on('close', () => socket.destroy());
    socket.on('close', () => toDaemon.destroy());
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    path,
    held: once(seen, 'held'),
    nextSent: () => once(seen, 'sent'),
    release: (): void => {
      isHeld = false;
      for (const bytes of waiting.splice(0)) toClient.write(bytes);
    },
    close: (): void => void server.close(),
  };
}

/** Starts a prompt, and waits until the agent works on it. */
async function beginPrompt(id: string, words: readonly string[], options: readonly string[] = []) {
  const begun = await watch(id, 'agent_start');
  const child = startCli(['agent', 'prompt', ...options, id, ...words], {
    env: { SESSIOND_SOCKET: daemon.socketPath },
  });
  child.stdin?.end();
  const over = ended(child);
  await begun.event;
  return { child, over };
}

describe('agent new', () => {
  it('starts an agent as it is asked to, in this folder, and prints the id', async () => {
    const id = await startAgent('--model', 'large', '--thinking', 'high', '--name', 'reviewer');
    expect(await client.request('get_state', { sessionId: id })).toMatchObject({
      kind: 'agent',
      name: 'reviewer',
      cwd: folder,
      backend: 'fake',
      model: { provider: 'fake', id: 'large' },
      thinkingLevel: 'high',
    });
    const printed = await cli(['agent', 'new', '--backend', 'fake', '--cwd', '/', '--json']);
    expect(JSON.parse(printed.stdout)).toMatchObject({ kind: 'agent', cwd: '/', state: 'idle' });
  });

  it('says what is wrong, with a code for it', async () => {
    expect(await agent('new', '--backend', 'fake', '--model', 'huge')).toMatchObject({ code: 65, stdout: '' });
    expect(await agent('new')).toMatchObject({ code: 127, stderr: expect.stringContaining('agents of pi') });
    expect(await agent('new', '--', 'gemini')).toMatchObject({ code: 127, stderr: expect.stringContaining('acp') });
    expect(await agent('new', '--backend', 'fake', '--id', 'agent-1')).toMatchObject({ code: 65 });
  });
});

describe('agent prompt', () => {
  it('prints what the model says and nothing else', async () => {
    const id = await startAgent();
    expect(await agent('prompt', id, 'echo', 'one', 'two')).toEqual({
      code: 0,
      signal: null,
      stdout: 'one two\n',
      stderr: '',
    });
    expect(await agent('prompt', id, 'think 20')).toMatchObject({ code: 0, stdout: 'I thought 20 tokens.\n' });
    expect(await agent('prompt', id, 'bash echo told; false')).toMatchObject({ stdout: 'The command failed.\n' });
  });

  it('takes what to say from stdin', async () => {
    const id = await startAgent();
    expect(await cli(['agent', 'prompt', id], { stdin: 'echo from\nstdin\n' })).toMatchObject({
      code: 0,
      stdout: 'from\nstdin\n',
    });
    expect(await cli(['agent', 'prompt', id, '-'], { stdin: ' ' })).toMatchObject({ code: 2, stdout: '' });
  });

  it('prints a long answer whole, each piece once', async () => {
    const id = await startAgent();
    const { stdout } = await agent('prompt', id, 'stream 3000');
    const state = await client.request('get_last_assistant_text', { sessionId: id });
    expect(stdout).toBe(`${state.text}\n`);
    expect(stdout.length).toBeGreaterThan(12_000);
  });

  it('prints the events of its own turn as JSON, and its result last', async () => {
    const id = await startAgent();
    await agent('prompt', id, 'echo of another turn');
    const { stdout } = await agent('prompt', id, '--json', 'echo mine');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const types = lines.map(({ event, type }) => event?.type ?? type);
    expect(types).toContain('agent_start');
    expect(types.filter((type) => type === 'agent_end')).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject({ type: 'result', stopReason: 'stop', text: 'mine' });
    expect(stdout).not.toContain('another turn');
    const seqs = lines.slice(0, -1).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, at) => seqs[0] + at));
  });

  it('ends with 1 when the provider fails, and says why', async () => {
    const id = await startAgent();
    expect(await agent('prompt', id, 'fail 500')).toMatchObject({ code: 1, stdout: '', stderr: /500/ });
    const { stdout, code } = await agent('prompt', id, '--json', 'fail 429 1000');
    expect(code).toBe(1);
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({
      type: 'error',
      code: 'AGENT_FAILED',
      details: { provider: { status: 429 } },
    });
  });

  it('ends with 1 when the agent dies', async () => {
    const id = await startAgent();
    expect(await agent('prompt', id, 'crash')).toMatchObject({ code: 1 });
  });

  it('ends with 124 after --timeout, with the turn aborted', async () => {
    const id = await startAgent();
    expect(await agent('prompt', id, '--timeout', '300ms', 'hang')).toMatchObject({ code: 124 });
    expect(await client.request('get_state', { sessionId: id })).toMatchObject({ state: 'idle' });
  });

  it('ends with 75 while the breaker of the provider is open', async () => {
    const id = await startAgent('--model', 'large');
    let last: Ended | undefined;
    for (let attempt = 0; attempt < 8 && last?.code !== 75; attempt += 1) last = await agent('prompt', id, 'fail 500');
    expect(last).toMatchObject({ code: 75, stderr: expect.stringContaining('try again') });
  });

  it('ends by SIGINT after Ctrl-C, with the turn aborted and the session as it was', async () => {
    const id = await startAgent();
    const { child, over } = await beginPrompt(id, ['hang']);
    child.kill('SIGINT');
    expect(await over).toMatchObject({ code: null, signal: 'SIGINT', stderr: '' });
    expect(await client.request('get_state', { sessionId: id })).toMatchObject({ state: 'idle' });
    expect(await agent('prompt', id, 'echo still here')).toMatchObject({ stdout: 'still here\n' });
  });

  it('Ctrl-C before anything is asked of the agent ends it, and nothing is', async () => {
    const id = await startAgent();
    const relay = await holdAttach(daemon.socketPath, join(folder, 'relay.sock'));
    const child = startCli(['agent', 'prompt', id, 'hang'], { env: { SESSIOND_SOCKET: relay.path } });
    const over = ended(child);
    await relay.held;
    child.kill('SIGINT');
    await relay.nextSent();
    relay.release();
    expect(await over).toMatchObject({ code: null, signal: 'SIGINT', stdout: '' });
    relay.close();
    const { messages } = await client.request('get_messages', { sessionId: id });
    expect(messages).toEqual([]);
  });

  it('ends with 79 when somebody else aborts it', async () => {
    const id = await startAgent();
    const { over } = await beginPrompt(id, ['hang']);
    expect(await agent('abort', id)).toMatchObject({ code: 0, stderr: '' });
    expect(await over).toMatchObject({ code: 79 });
  });

  it('aborts the turn when its reader goes away', async () => {
    const id = await startAgent();
    const { child, over } = await beginPrompt(id, ['stream 100000 1']);
    if (child.stdout!.readableLength === 0) await once(child.stdout!, 'data');
    child.stdout!.destroy();
    expect(await over).toMatchObject({ code: 141 });
  });

  it('says that the agent asks, which somebody else can answer', async () => {
    const id = await startAgent();
    const asked = await watch(id, 'extension_ui_request');
    const over = agent('prompt', id, 'dialog confirm');
    const { requestId } = await asked.event;
    await client.request('extension_ui_response', { sessionId: id, requestId, confirmed: true });
    expect(await over).toMatchObject({
      code: 0,
      stdout: 'You answered: yes\n',
      stderr: expect.stringContaining('the agent asks: Go on?; answer it with: sessionctl agent chat'),
    });
  });
});

describe('agent steer and abort', () => {
  it('steer tells an agent that works, and leaves one at rest alone', async () => {
    const id = await startAgent();
    const { over } = await beginPrompt(id, ['queue']);
    expect(await agent('steer', '--after', id, 'echo afterwards')).toMatchObject({ code: 0 });
    expect(await agent('steer', id, 'turn', 'left')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect((await over).stdout).toBe('I am working.\n\nI was told: turn left\n\nafterwards\n');
    expect(await agent('steer', id, 'x')).toMatchObject({ code: 65 });
  });

  it('abort says so when there is nothing to abort', async () => {
    const id = await startAgent();
    expect(await agent('abort', id)).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing to abort') });
    expect(await agent('abort', 'nobody')).toMatchObject({ code: 66 });
  });
});

describe('agent ls, models, export and resume', () => {
  it('lists agents only, and ls lists them with terminals', async () => {
    const id = await startAgent('--name', 'listed');
    await cli(['run', '--detach', '--id', 'terminal', '--', 'sleep', '600']);
    const agents = await agent('ls');
    expect(agents.stdout).toMatch(new RegExp(`^${id} +listed +idle +fake +fake/small +0 +0 +${folder}$`, 'm'));
    expect(agents.stdout).not.toContain('terminal');
    expect((await cli(['ls'])).stdout).toMatch(/^terminal .*sleep 600$/m);
    await cli(['rm', 'terminal']);
  });

  it('lists models, and marks the one that is used', async () => {
    const id = await startAgent('--model', 'large');
    const { stdout } = await agent('models', id);
    expect(stdout).toMatch(/^\* {2}fake\/large +Fake large +128,000 +yes +yes$/m);
    expect(stdout).toMatch(/^ {3}fake\/small /m);
  });

  it('exports a page that only the caller can read, and overwrites nothing', async () => {
    const id = await startAgent();
    await agent('prompt', id, 'echo <b>exported</b>');
    const page = join(folder, 'page.html');
    expect(await agent('export', id, '-o', page)).toMatchObject({ code: 0, stdout: '' });
    expect(statSync(page).mode & 0o777).toBe(0o600);
    expect(readFileSync(page, 'utf8')).toContain('exported');
    writeFileSync(page, 'mine');
    expect(await agent('export', id, '-o', page)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--force'),
    });
    expect(readFileSync(page, 'utf8')).toBe('mine');
    expect(await agent('export', id, '-o', page, '--force')).toMatchObject({ code: 0 });
    expect(readFileSync(page, 'utf8')).toBe((await agent('export', id)).stdout);
    expect(await agent('export', id, '-o', join(folder, 'no', 'page.html'))).toMatchObject({ code: 74 });
  });
});

describe('agent resume', () => {
  it('takes up again what was kept: a session of an earlier run, a conversation, a file', async () => {
    const options = { flags: ['--agent-backends', 'fake'], stateDir: join(folder, 'state') };
    const first = await startDaemon(options);
    const at = (socketPath: string, ...args: readonly string[]) => cli(args, { env: { SESSIOND_SOCKET: socketPath } });
    const start = ['agent', 'new', '--backend', 'fake', '--id', 'kept', '--cwd', folder, '--name', 'kept-name'];
    expect(await at(first.socketPath, ...start)).toMatchObject({ code: 0 });
    expect(await at(first.socketPath, 'agent', 'prompt', 'kept', 'echo before')).toMatchObject({ code: 0 });
    await first.kill();
    const second = await startDaemon(options);
    const ctl = (...args: readonly string[]) => at(second.socketPath, ...args);
    expect((await ctl('agent', 'ls')).stdout).toMatch(/^kept +kept-name +stopped: lost with its daemon /m);
    expect(await ctl('agent', 'steer', 'kept', 'x')).toMatchObject({ code: 65 });
    expect(await ctl('agent', 'resume', 'kept-name')).toMatchObject({ code: 0, stdout: 'kept\n' });
    expect(await ctl('agent', 'prompt', 'kept-name', 'echo after')).toMatchObject({ code: 0, stdout: 'after\n' });
    const [stored] = JSON.parse((await ctl('agent', 'ls', '--stored', '--json')).stdout);
    expect(stored).toMatchObject({ backend: 'fake', sessionId: 'kept', cwd: folder, messageCount: 4 });
    const { agentSessionId, sessionPath } = stored;
    expect(await ctl('agent', 'resume', agentSessionId)).toMatchObject({ code: 75 });
    await ctl('rm', 'kept');
    const prefix = agentSessionId.slice(0, -4);
    expect(await ctl('agent', 'resume', prefix, '--id', 'again')).toMatchObject({ code: 0, stdout: 'again\n' });
    await ctl('rm', 'again');
    const byFile = await ctl('agent', 'resume', sessionPath, '--backend', 'fake', '--id', 'by-file');
    expect(byFile).toMatchObject({ code: 0, stdout: 'by-file\n' });
    expect(await ctl('agent', 'resume', 'never-was')).toMatchObject({ code: 66 });
    expect(await ctl('agent', 'resume', join(folder, 'none.jsonl'), '--backend', 'fake')).toMatchObject({ stdout: '' });
    await second.stop();
    await first.stop();
  });
});

describe('agent prompt, after the daemon was started again', () => {
  it('takes the session up where it was, says so, and has it done', async () => {
    const options = { flags: ['--agent-backends', 'fake'], stateDir: join(folder, 'taken-up') };
    const first = await startDaemon(options);
    const at = (socketPath: string, ...args: readonly string[]) => cli(args, { env: { SESSIOND_SOCKET: socketPath } });
    await at(first.socketPath, 'agent', 'new', '--backend', 'fake', '--id', 'kept', '--cwd', folder);
    expect(await at(first.socketPath, 'agent', 'prompt', 'kept', 'echo before')).toMatchObject({ code: 0 });
    await first.kill();
    const second = await startDaemon(options);
    const both = ['echo one', 'echo two'].map((text) => at(second.socketPath, 'agent', 'prompt', 'kept', text));
    const [one, two] = await Promise.all(both);
    expect([one?.stdout, two?.stdout]).toEqual(['one\n', 'two\n']);
    expect(`${one?.stderr}${two?.stderr}`).toMatch(
      /^(sessionctl: kept had ended with an earlier run of the daemon, and was taken up again\n){1,2}$/,
    );
    const { stdout } = await at(second.socketPath, 'agent', 'prompt', 'kept', 'echo after');
    expect(stdout).toBe('after\n');
    const [stored] = JSON.parse((await at(second.socketPath, 'agent', 'ls', '--stored', '--json')).stdout);
    expect(stored).toMatchObject({ sessionId: 'kept', messageCount: 8 });
    await second.stop();
    await first.stop();
  });
});

describe('what other commands make of an agent', () => {
  it('logs prints what was said and done, and its events as JSON', async () => {
    const id = await startAgent();
    await agent('prompt', id, 'bash echo told');
    const { stdout, code } = await cli(['logs', id]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^❯ bash echo told\n\n✓ bash echo told .*s\n\nThe command has run\.\n$/);
    const events = (await cli(['logs', id, '--json'])).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { end } = await client.request('get_state', { sessionId: id });
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: end - 1 }, (_, at) => at + 1));
    const tail = (await cli(['logs', id, '--json', '--from', `${end - 1}`])).stdout.trimEnd().split('\n');
    expect(tail).toHaveLength(1);
  });

  it('logs --follow goes on until the agent is over', async () => {
    const id = await startAgent();
    const child = startCli(['logs', '--follow', id], { env: { SESSIOND_SOCKET: daemon.socketPath } });
    const over = ended(child);
    await agent('prompt', id, 'echo watched');
    await cli(['kill', id]);
    const { code, stdout } = await over;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^❯ echo watched\n\nwatched\n\nthe session is over/);
  });

  it('attach, send and chat without a terminal are told what to use', async () => {
    const id = await startAgent();
    expect(await cli(['attach', id])).toMatchObject({ code: 2, stderr: expect.stringContaining('agent prompt') });
    expect(await agent('chat', id)).toMatchObject({ code: 2, stderr: expect.stringContaining('agent prompt') });
    expect(await cli(['send', id, 'x'])).toMatchObject({ code: 65 });
  });

  it('info and top show it', async () => {
    const id = await startAgent();
    expect((await cli(['info', id])).stdout).toMatch(/^agent +fake fake\/small$/m);
    expect((await cli(['top', '--once', '--interval', '250'])).stdout).toMatch(new RegExp(`^${id} .* idle `, 'm'));
    expect(existsSync(folder)).toBe(true);
  });
});
