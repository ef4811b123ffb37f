import { PtyManager } from '@sessiond/pty-core';
import { afterAll, expect, it } from 'vitest';
import { ManagedAgentTerminals } from './agent-terminals.ts';

const ptys = new PtyManager({ maxPtys: 40 });
const terminals = new ManagedAgentTerminals(ptys);
const never = new AbortController().signal;

afterAll(async () => {
  await ptys.terminateAll({ gracePeriodMs: 0 });
});

function open(script: string, { sessionId = 'agent-1', outputBytes = 10_000 } = {}) {
  const env = { PATH: '/usr/bin:/bin', TERM: 'dumb', LANG: 'C.UTF-8' };
  return terminals.open({ sessionId, command: '/bin/bash', args: ['-c', script], cwd: '/', env, outputBytes });
}

it('runs a program in a terminal and keeps what it wrote, as lines', async () => {
  const terminal = await open('test -t 1 && echo terminal; echo two; exit 3');
  expect(await terminal.waitForExit(never)).toEqual({ exitCode: 3, signal: null });
  expect(terminal.output()).toEqual({
    output: 'terminal\ntwo\n',
    truncated: false,
    exit: { exitCode: 3, signal: null },
  });
  await terminal.release();
});

it('keeps the end of long output, in whole characters', async () => {
  const terminal = await open(`for i in $(seq 200); do printf 'äöü'; done`, { outputBytes: 99 });
  await terminal.waitForExit(never);
  const { output, truncated } = terminal.output();
  expect(truncated).toBe(true);
  expect(output).toMatch(/^[äöü]{49}$/);
  await terminal.release();
});

it('ends a program with what it started, and keeps its output until it is released', async () => {
  const terminal = await open('sleep 61 & echo ready; wait');
  const waiting = terminal.waitForExit(never);
  await terminal.kill();
  expect(await waiting).toMatchObject({ exitCode: null });
  expect(terminal.output().exit).toBeDefined();
  await terminal.release();
  await terminal.release();
});

it('ends the waiting of who gives up, and not the program', async () => {
  const terminal = await open('exec sleep 60');
  const gaveUp = new AbortController();
  const waiting = terminal.waitForExit(gaveUp.signal);
  gaveUp.abort(new Error('gave up'));
  await expect(waiting).rejects.toThrow('gave up');
  expect(terminal.output().exit).toBeUndefined();
  await terminal.release();
});

it('bounds the terminals of a session, and ends all it has left', async () => {
  const opened = await Promise.all(Array.from({ length: 32 }, () => open('exec sleep 60', { sessionId: 'many' })));
  await expect(open('true', { sessionId: 'many' })).rejects.toThrow('the session has 32, the most allowed');
  await opened[0]!.release();
  await (await open('true', { sessionId: 'many' })).release();
  const other = await open('exec sleep 60', { sessionId: 'other' });
  await terminals.endSession('many');
  expect(ptys.size).toBe(1);
  await other.release();
  expect(ptys.size).toBe(0);
});
