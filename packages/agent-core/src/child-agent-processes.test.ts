import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { AgentProcess } from './agent-process.ts';
import { ChildAgentProcesses } from './child-agent-processes.ts';

const env = { PATH: process.env['PATH'] ?? '' };

function start(script: string): Promise<AgentProcess> {
  return new ChildAgentProcesses().start({ id: 'p-1', command: 'sh', args: ['-c', script], cwd: tmpdir(), env });
}

/** Starts a script that prints the pids of what it started, and waits for that line. */
async function startFamily(script: string) {
  const parent = await start(script);
  const [line] = await once(parent.stdout, 'data');
  return { parent, pids: String(line).trim().split(' ').map(Number) };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A killed orphan is a zombie until init has reaped it. */
async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await delay(5);
}

describe('a child process of an agent', () => {
  it('speaks over its pipes, and tells how it ended', async () => {
    const child = await start('read line; echo "got $line"; echo oops >&2; exit 3');
    child.stdin.write('a line\n');
    expect(await Promise.all([text(child.stdout), text(child.stderr)])).toEqual(['got a line\n', 'oops\n']);
    expect(await child.exited).toEqual({ exitCode: 3, signal: null });
  });

  it('has the environment it was given and no other', async () => {
    const child = await start('env | cut -d= -f1 | sort | tr "\\n" " "');
    const names = (await text(child.stdout)).trim().split(' ');
    // What the shell itself adds, and Node when the coverage of programs is measured.
    const added = ['PATH', 'PWD', 'OLDPWD', 'SHLVL', '_', 'NODE_V8_COVERAGE'];
    expect(names.filter((name) => !added.includes(name))).toEqual([]);
  });

  it('leads a process session of its own', async (context) => {
    if (!existsSync('/proc/self/stat')) context.skip('needs /proc');
    const child = await start('cut -d" " -f6 /proc/$$/stat');
    expect(Number(await text(child.stdout))).toBe(child.pid);
  });

  it('[AG08] is ended with everything in its session, jobs of other groups included', async (context) => {
    if (!existsSync('/proc/self/stat')) context.skip('needs /proc');
    const { parent, pids } = await startFamily('set -m; sleep 1000 & a=$!; (sleep 1000 & echo $a $!; wait) & wait');
    expect(pids).toHaveLength(2);
    await parent.terminate(10_000);
    expect(await parent.exited).toEqual({ exitCode: null, signal: 'SIGTERM' });
    await gone(pids);
  });

  it('[AG08] is killed when it ignores SIGTERM for the grace period', async () => {
    const { parent, pids } = await startFamily('trap "" TERM; sleep 1000 & echo $!; wait; sleep 1000');
    const begun = performance.now();
    await parent.terminate(300);
    expect(performance.now() - begun).toBeGreaterThan(250);
    expect(await parent.exited).toEqual({ exitCode: null, signal: 'SIGKILL' });
    await gone(pids);
  });

  it('[AG08] is ended sooner by a second call with less patience', async () => {
    const { parent } = await startFamily('trap "" TERM; echo 1; while :; do sleep 0.1; done');
    const patient = parent.terminate(3_600_000);
    await parent.terminate(0);
    await patient;
    expect(await parent.exited).toEqual({ exitCode: null, signal: 'SIGKILL' });
    await parent.terminate(0);
  });

  it('[AG08] takes along what it left behind when it ended by itself', async (context) => {
    if (!existsSync('/proc/self/stat')) context.skip('needs /proc');
    const { parent, pids } = await startFamily('sleep 1000 >/dev/null 2>&1 & echo $!');
    expect(await parent.exited).toEqual({ exitCode: 0, signal: null });
    expect(isAlive(pids[0]!)).toBe(true);
    await parent.terminate(10_000);
    await gone(pids);
  });

  it('[AG08] is killed at once where nobody waits', async () => {
    const { parent, pids } = await startFamily('sleep 1000 & echo $!; wait');
    parent.kill();
    expect(await parent.exited).toEqual({ exitCode: null, signal: 'SIGKILL' });
    await gone(pids);
    parent.kill();
    await parent.terminate(1000);
  });

  it('harms nobody who writes to it after its end', async () => {
    const child = await start('exit 0');
    await child.exited;
    child.stdin.write('late\n');
    child.stdin.end('later\n');
    await once(child.stdin, 'close');
  });

  it.each([
    ['its program is missing', { command: 'no-such-program-here' }, 'agent-unavailable', 'its program was not found'],
    ['its program is no program', { command: '/etc/passwd' }, 'agent-unavailable', 'its program cannot be run'],
    ['its folder is missing', { cwd: '/no/such/folder' }, 'agent-input', 'its working directory is no folder'],
    ['an argument cannot be one', { args: ['a\0b'] }, 'agent-failed', 'the system refused (ERR_INVALID_ARG_VALUE)'],
  ])('is not started when %s, and the error says so', async (_, wrong, code, why) => {
    const request = { id: 'p-1', command: 'sh', args: [], cwd: tmpdir(), env, ...wrong };
    await expect(new ChildAgentProcesses().start(request)).rejects.toMatchObject({
      code,
      message: `Cannot start agent: ${why}`,
    });
  });
});
