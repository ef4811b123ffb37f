import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@sessiond/client';
import { connect } from '@sessiond/client/node';
import { startDaemon, type TestDaemon } from '@sessiond/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cutter } from './cutter.ts';
import { ended, startCli } from './sessionctl.ts';

let folder: string;
let daemons: TestDaemon[];
let cutter: Cutter;
let client: Client;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lost-'));
  daemons = [];
  const { socketPath } = await startHere();
  cutter = new Cutter(join(folder, 'c.sock'), socketPath);
  await cutter.listen();
  client = await connect({ socketPath: cutter.path, reconnect: { initialDelayMs: 1, maxDelayMs: 20 } });
});
afterEach(async () => {
  await client.close();
  cutter.close();
  for (const daemon of daemons) await daemon.stop();
  rmSync(folder, { recursive: true });
});

/** A daemon on the state folder of this test, or on another one. */
async function startHere(stateDir = 'state'): Promise<TestDaemon> {
  const daemon = await startDaemon({ stateDir: join(folder, stateDir), flags: ['--agent-backends', 'fake'] });
  daemons.push(daemon);
  return daemon;
}

/** The daemon dies at once, and another one takes its place. */
async function killAndRestart(stateDir?: string): Promise<void> {
  await daemons.at(-1)!.kill();
  cutter.target = (await startHere(stateDir)).socketPath;
}

async function startShell(): Promise<string> {
  const { sessionId } = await client.request('create_session', { kind: 'pty', pty: { command: 'cat' } });
  return sessionId;
}

/** Notes each time it runs, and lets itself be held, by nobody any more once the test is over. */
function noting(name: string): { readonly command: string; times(): number; begun(): Promise<void>; release(): void } {
  const log = join(folder, name);
  const gate = join(folder, `${name}.gate`);
  const times = (): number => (existsSync(log) ? readFileSync(log, 'utf8').length : 0);
  return {
    command: `printf x >> ${log}; until [ -e ${gate} ] || [ ! -e ${log} ]; do sleep 0.02; done; printf done`,
    times,
    async begun() {
      while (times() === 0) await delay(5);
    },
    release: () => writeFileSync(gate, ''),
  };
}

function reconnected(): Promise<void> {
  return new Promise((resolve) => {
    const leave = client.onStateChange(({ status }) => {
      if (status !== 'open') return;
      leave();
      resolve();
    });
  });
}

describe('a command whose connection is cut before the answer', () => {
  it('is answered by the one execution that goes on', async () => {
    const sessionId = await startShell();
    const note = noting('runs');
    const request = client.request('bash', { sessionId, command: note.command });
    await note.begun();
    const back = reconnected();
    cutter.cut();
    await back;
    note.release();
    expect(await request).toMatchObject({ exitCode: 0, output: 'done' });
    expect(note.times()).toBe(1);
  });

  it('is answered with the outcome that was lost on its way', async () => {
    const sessionId = await startShell();
    const note = noting('ends');
    note.release();
    cutter.isMute = true;
    const request = client.request('bash', { id: 'lost-answer', sessionId, command: note.command });
    const other = await connect({ socketPath: daemons[0]!.socketPath });
    // Answered behind the other one, because both have the same lane.
    await other.request('bash', { sessionId, command: 'true', dependsOn: await known(other, 'lost-answer') });
    cutter.cut();
    expect(await request).toMatchObject({ exitCode: 0, output: 'done' });
    expect(note.times()).toBe(1);
    await other.close();
  });

  it('is done when it never arrived', async () => {
    const sessionId = await startShell();
    const note = noting('arrives');
    note.release();
    cutter.isDeaf = true;
    const request = client.request('bash', { sessionId, command: note.command });
    await delay(0);
    cutter.cut();
    expect(await request).toMatchObject({ exitCode: 0, output: 'done' });
    expect(note.times()).toBe(1);
  });

  it('waits anew where it only waits', async () => {
    const sessionId = await startShell();
    const request = client.request('wait_for', { sessionId, text: 'here it is', timeoutMs: 20_000 });
    await client.request('get_state', { sessionId });
    const back = reconnected();
    cutter.cut();
    await back;
    await client.request('input', { sessionId, data: 'here it is\r' });
    expect(await request).toMatchObject({ matched: 'text' });
  });
});

/** Waits until the daemon knows the command. */
async function known(other: Client, commandId: string): Promise<[string]> {
  for (;;) {
    const found = await other.request('health_check', { dependsOn: [commandId] }).then(
      () => true,
      (error) => error.code !== 'DEPENDENCY_UNKNOWN',
    );
    if (found) return [commandId];
    await delay(5);
  }
}

describe('a command whose daemon is killed before the answer', () => {
  it('rejects with what the next run knows of it, and is not done again', async () => {
    const sessionId = await startShell();
    const note = noting('killed');
    const request = client.request('bash', { sessionId, command: note.command }).catch((thrown) => thrown);
    await note.begun();
    await killAndRestart();
    expect(await request).toMatchObject({ code: 'INTERRUPTED_BY_RESTART' });
    expect(note.times()).toBe(1);
  });

  it('is answered by the next run with an outcome that was recorded', async () => {
    const note = noting('recorded');
    note.release();
    const sessionId = await startShell();
    cutter.isMute = true;
    const request = client.request('bash', { id: 'recorded', sessionId, command: note.command });
    const other = await connect({ socketPath: daemons[0]!.socketPath, reconnect: false });
    await known(other, 'recorded');
    await other.close();
    await killAndRestart();
    cutter.cut();
    expect(await request).toMatchObject({ exitCode: 0, output: 'done' });
    expect(note.times()).toBe(1);
  });

  it('is not done by a daemon that knows nothing of it', async () => {
    const sessionId = 'same-id';
    await client.request('create_session', { sessionId, kind: 'pty', pty: { command: 'cat' } });
    const note = noting('unknown');
    const request = client.request('bash', { sessionId, command: note.command }).catch((thrown) => thrown);
    await note.begun();
    await daemons[0]!.kill();
    const next = await startHere('another');
    const other = await connect({ socketPath: next.socketPath });
    await other.request('create_session', { sessionId, kind: 'pty', pty: { command: 'cat' } });
    cutter.target = next.socketPath;
    expect(await request).toMatchObject({ code: 'CONNECTION_LOST' });
    await other.request('health_check');
    expect(note.times()).toBe(1);
    note.release();
    await other.close();
  });

  it('reads from the next run where it only reads', async () => {
    await startShell();
    cutter.isMute = true;
    const request = client.request('list_sessions');
    await killAndRestart();
    cutter.cut();
    expect((await request).sessions).toMatchObject([{ state: 'stopped' }]);
  });
});

describe('sessionctl wait', () => {
  it('says that the connection is lost, and goes on waiting on the next one', async () => {
    const sessionId = await startShell();
    const waiting = startCli(['wait', sessionId, '--text', 'here it is'], { env: { SESSIOND_SOCKET: cutter.path } });
    const over = ended(waiting);
    const other = await connect({ socketPath: daemons[0]!.socketPath });
    // It waits as soon as the daemon has two connections and has answered what was asked first.
    while ((await other.request('health_check')).connections < 3) await delay(10);
    await other.request('wait_for', { sessionId, idleMs: 500 });
    cutter.cut();
    await client.request('input', { sessionId, data: 'here it is\r' });
    const { code, stdout, stderr } = await over;
    expect(stderr).toBe('sessionctl: connection lost, reconnecting\nsessionctl: connected again\n');
    expect(stdout).toContain('matched at offset');
    expect(code).toBe(0);
    await other.close();
  });
});

describe('agent prompt', () => {
  it('tells of a turn whose daemon was killed that nobody knows how far it came', async () => {
    const { sessionId } = await client.request('create_session', { kind: 'agent', agent: { backend: 'fake' } });
    const feed = await client.follow(sessionId);
    const over = ended(startCli(['agent', 'prompt', sessionId, 'hang'], { env: { SESSIOND_SOCKET: cutter.path } }));
    for await (const item of feed) if (item.kind === 'event' && item.event.type === 'agent_start') break;
    await killAndRestart();
    const { code, stderr } = await over;
    expect(stderr).toContain('whether it took effect is not known');
    expect(code).toBe(65);
  });
});
