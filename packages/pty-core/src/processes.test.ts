import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { BETWEEN_PROGRAMS, LinuxProcessTable } from './processes.ts';

let child: ChildProcess | undefined;
afterEach(async () => {
  child?.kill('SIGKILL');
  if (child?.exitCode === null && child.signalCode === null) await once(child, 'exit');
});

test('this process is found, with a start time that does not change', () => {
  const table = new LinuxProcessTable();
  const found = table.read(process.pid);
  expect(found).toMatchObject({ pid: process.pid, state: 'R' });
  expect(found!.startTime).toBeGreaterThan(0);
  expect(table.read(process.pid)!.startTime).toBe(found!.startTime);
});

test('a pid without a process is nobody', () => {
  expect(new LinuxProcessTable().read(2 ** 30)).toBeUndefined();
});

test('a name with spaces and parentheses does not shift the fields', async () => {
  const renamed = spawn('sh', ['-c', 'printf "a) R 1 (b" > /proc/$$/comm; echo ready; read line'], { detached: true });
  await once(renamed.stdout, 'data');
  const { pid } = renamed;
  // It runs until it has nothing more to do but to wait.
  const read = () => new LinuxProcessTable().read(pid!);
  await expect.poll(read).toMatchObject({ pid, sessionId: pid, groupId: pid, state: 'S' });
  renamed.stdin.end();
  await once(renamed, 'exit');
});

test('the members of a session are found, and one look serves for 5 ms', async () => {
  let now = 0;
  const table = new LinuxProcessTable(() => now);
  child = spawn('sleep', ['30'], { detached: true });
  await once(child, 'spawn');
  expect(table.sessionMembers(child.pid!)).toEqual([{ ...table.read(child.pid!), state: expect.any(String) }]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  now = 5;
  expect(table.sessionMembers(child.pid!)).toHaveLength(1);
  now = 5.1;
  expect(table.sessionMembers(child.pid!)).toEqual([]);
});

test('the boot of the machine has a name', () => {
  expect(new LinuxProcessTable().bootId).toMatch(/^[0-9a-f-]{36}$/);
});

test('a variable is told as the program was started with it, or not set, or unknown', async () => {
  const table = new LinuxProcessTable();
  const env = { FIRST: 'a=b', NOT_SECOND: 'x', SECOND: '' };
  child = spawn('/bin/sleep', ['30'], { env });
  await once(child, 'spawn');
  expect(table.variable(child.pid!, 'FIRST')).toBe('a=b');
  expect(table.variable(child.pid!, 'SECOND')).toBe('');
  expect(table.variable(child.pid!, 'THIRD')).toBeNull();
  expect(table.variable(2 ** 30, 'FIRST')).toBeUndefined();
});

test('a process that executes a program just now has no environment for a moment, and is not taken for one without', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'processes-'));
  const script = join(folder, 'again');
  writeFileSync(script, `exec /bin/sh '${script}'\n`);
  const table = new LinuxProcessTable();
  child = spawn('/bin/sh', [script], { env: { FIRST: 'a' } });
  await once(child, 'spawn');
  const seen = new Set<unknown>();
  await expect
    .poll(() => {
      for (let looks = 0; looks < 2_000; looks += 1) seen.add(table.variable(child!.pid!, 'FIRST'));
      return seen;
    })
    .toContain(BETWEEN_PROGRAMS);
  expect([...seen].filter((each) => each !== BETWEEN_PROGRAMS)).toEqual(['a']);
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

test('a process that begins and ends under the eyes of whoever asks is never taken for one without the variable', async () => {
  const table = new LinuxProcessTable();
  child = spawn('/bin/sh', ['-c', 'while :; do /bin/true; done'], { env: { FIRST: 'a' } });
  await once(child, 'spawn');
  const seen = new Set<unknown>();
  let ends = 0;
  await expect
    .poll(() => {
      for (let looks = 0; looks < 200; looks += 1) {
        const pid = Number.parseInt(readFileSync(`/proc/${child!.pid}/task/${child!.pid}/children`, 'latin1'), 10);
        if (Number.isNaN(pid)) continue;
        for (let told: unknown = ''; told !== undefined && told !== null; seen.add(told)) {
          told = table.variable(pid, 'FIRST');
        }
        ends += 1;
      }
      return ends;
    })
    .toBeGreaterThan(2_000);
  expect(seen).not.toContain(null);
});

test('an environment may be empty', async () => {
  child = spawn('/bin/sleep', ['30'], { env: {} });
  await once(child, 'spawn');
  expect(new LinuxProcessTable().variable(child.pid!, 'FIRST')).toBeNull();
});

test('all living processes are listed', () => {
  const table = new LinuxProcessTable();
  expect(table.list().map(({ pid }) => pid)).toEqual(expect.arrayContaining([1, process.pid]));
});

test('a signal to nobody is not received', () => {
  const table = new LinuxProcessTable();
  expect(table.kill(2 ** 30, 'SIGTERM')).toBe(false);
  expect(table.kill(-(2 ** 30), 'SIGTERM')).toBe(false);
});
