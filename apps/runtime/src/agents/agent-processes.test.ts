import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentProcess } from '@sessiond/agent-core';
import { PipedProcesses, PtyLedger } from '@sessiond/pty-core';
import { afterAll, afterEach, expect, it } from 'vitest';
import { LedgeredAgentProcesses } from './agent-processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'agents-'));
const ledger = PtyLedger.open(join(folder, 'ledger'));
const piped = new PipedProcesses({ folder: join(folder, 'pipes'), ledger });
const processes = new LedgeredAgentProcesses(piped);
const started: AgentProcess[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((each) => each.terminate(0)));
  expect(ledger.snapshot()).toMatchObject({ living: 0, failures: 0 });
  expect(processes.count).toBe(0);
});
afterAll(() => {
  piped.close();
  expect(readdirSync(join(folder, 'pipes'))).toEqual([]);
  rmSync(folder, { recursive: true });
});

let nextId = 1;

async function start(script: string): Promise<AgentProcess> {
  const process = await processes.start({
    id: `a-${nextId++}`,
    command: '/bin/bash',
    args: ['-c', script],
    cwd: folder,
    env: { PATH: '/usr/bin:/bin' },
  });
  started.push(process);
  return process;
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = '';
  for await (const piece of stream) text += String(piece);
  return text;
}

it('gives an agent what is written, and what the agent writes, to its end', async () => {
  const process = await start('while read line; do echo "got $line"; done; echo bad >&2; exit 3');
  process.stdin.write('one\n');
  process.stdin.end('two\n');
  const [out, err] = await Promise.all([textOf(process.stdout), textOf(process.stderr)]);
  expect([out, err]).toEqual(['got one\ngot two\n', 'bad\n']);
  expect(await process.exited).toEqual({ exitCode: 3, signal: null });
});

it('holds an agent back that writes more than is read, and loses nothing of it', async () => {
  const process = await start('head -c 2000000 /dev/zero; echo over >&2');
  // Nothing tells that something does not happen.
  await delay(100);
  expect(process.stdout.readableLength).toBeLessThan(300_000);
  expect((await textOf(process.stdout)).length).toBe(2_000_000);
  expect(await textOf(process.stderr)).toBe('over\n');
});

it('is not stopped by complaints that nobody reads', async () => {
  const process = await start('head -c 3000000 /dev/zero >&2; echo over');
  expect(await textOf(process.stdout)).toBe('over\n');
  expect(process.stderr.readableLength).toBeLessThanOrEqual(256 * 1024);
});

it('tells that an agent has closed its side, though it lives on and complains', async () => {
  const process = await start('echo over; exec >&-; read line; echo "read $line" >&2; exec sleep 60');
  expect(await textOf(process.stdout)).toBe('over\n');
  const complaint = once(process.stderr, 'data');
  process.stdin.write('this\n');
  expect(String(await complaint)).toBe('read this\n');
});

it('ends an agent with all it started, and its streams with it', async () => {
  const process = await start('trap "" TERM HUP; sleep 61 & echo ready; cat');
  await once(process.stdout, 'data');
  const ended = once(process.stdout, 'close');
  await process.terminate(50);
  expect(await process.exited).toEqual({ exitCode: null, signal: 'SIGKILL' });
  process.stdout.resume();
  await ended;
});

it('lets go of output that nobody takes, once the agent was ended', async () => {
  const process = await start('yes');
  await once(process.stdout, 'readable');
  await process.terminate(0);
  expect(await process.exited).toMatchObject({ exitCode: null });
});

it('records each agent in the ledger by a name that no session has', async () => {
  const process = await start('exec cat');
  expect(ledger.snapshot().living).toBe(1);
  expect(processes.count).toBe(1);
  process.kill();
  expect(await process.exited).toEqual({ exitCode: null, signal: 'SIGKILL' });
});

it('says what is missing', async () => {
  const request = { id: 'none', command: 'no-such-agent', args: [], cwd: folder, env: { PATH: '/usr/bin:/bin' } };
  await expect(processes.start(request)).rejects.toMatchObject({ reason: 'command-not-found' });
});
