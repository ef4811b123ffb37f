/** A child that cannot be started is an error with a reason, and leaves nothing behind. */
import { spawnSync } from 'node:child_process';
import { chmodSync, closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { PtyEvent, SpawnFailure } from '../src/index.ts';
import { descriptorsOf } from './descriptors.ts';
import { type SpawnOptions, Terminals } from './terminals.ts';

const terminals = new Terminals();
const folder = mkdtempSync(join(tmpdir(), 'spawn-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string, mode: number): string {
  writeFileSync(join(folder, name), content);
  chmodSync(join(folder, name), mode);
  return join(folder, name);
}

function childrenOfThisProcess(): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === process.pid;
    } catch {
      return false;
    }
  });
}

/** Spawns what must fail. */
function failure(command: string, options: SpawnOptions = {}): { reason: SpawnFailure; message: string } {
  try {
    terminals.spawn(command, [], options);
  } catch (error) {
    expect(error).toMatchObject({ name: 'SpawnError', code: 'SPAWN_FAILED' });
    return error as { reason: SpawnFailure; message: string };
  }
  throw new Error(`${command} was started`);
}

test.each<[string, string, SpawnOptions, SpawnFailure]>([
  ['a missing command', 'no-such-command', {}, 'command-not-found'],
  ['a missing path', '/no/such/command', {}, 'command-not-found'],
  ['a file that is not executable', file('plain', 'x', 0o644), {}, 'command-not-executable'],
  ['a directory', '/tmp', {}, 'command-not-executable'],
  ['a bad interpreter', file('script', '#!/no/such/interpreter\n', 0o755), {}, 'interpreter-not-found'],
  ['a missing working directory', 'sh', { cwd: '/no/such/directory' }, 'cwd-not-found'],
  ['a file as working directory', 'sh', { cwd: '/etc/passwd' }, 'cwd-not-a-directory'],
  ['an environment the kernel refuses', 'true', { env: { A: 'x'.repeat(200_000) } }, 'arguments-too-long'],
])('[B05] [B07] [T003] what cannot be started says why: %s', (_, command, options, reason) => {
  const states: string[] = [];
  const unsubscribe = terminals.manager.onEvent((event: PtyEvent) => {
    if (event.type === 'pty.state.changed') states.push(event.to);
  });
  const before = [descriptorsOf('self').size, childrenOfThisProcess()];
  expect(failure(command, options)).toMatchObject({ reason, message: expect.stringMatching(/^Cannot spawn: /) });
  expect([descriptorsOf('self').size, childrenOfThisProcess()]).toEqual(before);
  expect(states).toEqual(['spawning', 'errored', 'stopped']);
  expect(terminals.manager.size).toBe(0);
  unsubscribe();
});

test('[B06] without enough descriptors it fails whole or works, and none is lost either way', async (context) => {
  const limit = Math.max(...descriptorsOf('self').keys()) + 12;
  if (!limitDescriptors(limit)) context.skip('needs prlimit of util-linux to lower the number of descriptors');
  const outcomes: string[] = [];
  const events: PtyEvent[] = [];
  terminals.manager.onEvent((event) => events.push(event));
  const before = descriptorsOf('self').size;
  for (let free = 0; free <= 8; free++) {
    const held = exhaust();
    for (const descriptor of held.splice(held.length - free)) closeSync(descriptor);
    try {
      const pty = terminals.spawn('true');
      await pty.stopped;
      outcomes.push('works');
    } catch (error) {
      outcomes.push((error as { reason: string }).reason);
    } finally {
      for (const descriptor of held) closeSync(descriptor);
    }
    expect(descriptorsOf('self').size).toBe(before);
  }
  expect(outcomes[0]).toBe('out-of-resources');
  expect(outcomes.at(-1)).toBe('works');
  expect(new Set(outcomes)).toEqual(new Set(['out-of-resources', 'works']));
  expect(events.filter(({ type }) => type === 'pty.error')).toHaveLength(
    outcomes.filter((outcome) => outcome !== 'works').length,
  );
  expect(terminals.manager.size).toBe(0);
  limitDescriptors(4_096);
});

/** Sets the soft limit of this process. */
function limitDescriptors(limit: number): boolean {
  return spawnSync('sh', ['-c', `prlimit --pid $PPID --nofile=${limit}:`]).status === 0;
}

function exhaust(): number[] {
  const held: number[] = [];
  for (;;) {
    try {
      held.push(openSync('/dev/null', 'r'));
    } catch {
      return held;
    }
  }
}
