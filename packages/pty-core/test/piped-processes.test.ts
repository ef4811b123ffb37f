/** Processes without a terminal, observed from outside: their bytes, `/proc`, their exit status. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type PipedProcess, PipedProcesses } from '../src/index.ts';
import { LinuxProcessTable } from '../src/processes.ts';
import { until } from './condition.ts';
import { descriptorsOf } from './descriptors.ts';
import { PipedShells } from './piped-shells.ts';
import { Terminals } from './terminals.ts';

const terminals = new Terminals();
const shells = new PipedShells('piped');
const { folder, ledger, processes } = shells;
const table = new LinuxProcessTable();

function members(pid: number): number[] {
  return new LinuxProcessTable().sessionMembers(pid).map((found) => found.pid);
}

test('tells what it wrote where, and its status', async () => {
  const { process, text } = await shells.run('echo out; echo err >&2; pwd; exit 3');
  expect(await process.finished).toEqual({ exitCode: 3, signal: null });
  expect(text('stdout')).toBe(`out\n${folder}\n`);
  expect(text('stderr')).toBe('err\n');
});

test('tells death by a signal as that', async () => {
  const { process } = await shells.run('kill -USR1 $$');
  expect(await process.finished).toEqual({ exitCode: null, signal: 'SIGUSR1' });
});

test('has an empty stdin, and real pipes that can be opened by name', async () => {
  const { process, text } = await shells.run(
    'cat; echo out >/dev/stdout; echo err >/dev/stderr; readlink /proc/$$/fd/0',
  );
  expect(await process.finished).toEqual({ exitCode: 0, signal: null });
  expect(text('stdout')).toBe('out\n/dev/null\n');
  expect(text('stderr')).toBe('err\n');
});

test('leads a session and a group of its own, and carries the mark', async () => {
  const { process } = await shells.run('exec sleep 60');
  expect(table.read(process.pid)).toMatchObject({ groupId: process.pid, sessionId: process.pid });
  expect(table.variable(process.pid, 'SESSIOND_INSTANCE')).toBe(ledger.instanceId);
  expect(
    existsSync(join(folder, 'ledger', ledger.instanceId, `${process.pid}.${table.read(process.pid)?.startTime}`)),
  ).toBe(true);
});

test('holds no terminal of others and nothing that this process inherited or opened', async () => {
  const ptys = ['sleep', 'sleep', 'sleep'].map((command) => terminals.spawn(command, ['60']));
  const before = [...descriptorsOf('self').values()].filter((target) => target.endsWith('ptmx'));
  expect(before.length).toBeGreaterThanOrEqual(3);
  const { process } = await shells.run('exec sleep 60');
  const targets = descriptorsOf(process.pid);
  expect([0, 1, 2].map((fd) => targets.get(fd))).toEqual([
    '/dev/null',
    expect.stringContaining('piped-'),
    expect.stringContaining('piped-'),
  ]);
  for (const [fd, target] of targets) if (fd > 2) expect(target, `descriptor ${fd}`).toBe('/dev/null');
  await Promise.all(ptys.map((pty) => pty.terminate({ gracePeriodMs: 0 })));
});

test('is ended whole: jobs in groups of their own, and those that ignore everything but SIGKILL', async () => {
  const script = `trap '' TERM HUP; set -m; sleep 61 & (trap '' TERM HUP; exec sleep 62) & echo ready; wait`;
  const { process, text } = await shells.run(script);
  // A job takes a group of its own a moment after it was forked.
  const groups = (): number =>
    new Set(new LinuxProcessTable().sessionMembers(process.pid).map(({ groupId }) => groupId)).size;
  await until(() => text().includes('ready') && groups() === 3, 'three groups');
  await process.terminate(200);
  expect(members(process.pid)).toEqual([]);
  expect(await process.finished).toEqual({ exitCode: null, signal: 'SIGKILL' });
});

test('is ended sooner by a later call with less patience', async () => {
  const { process, text } = await shells.run(`trap '' TERM HUP; echo ready; while :; do sleep 1; done`);
  await until(() => text().includes('ready'), 'the trap');
  const slow = process.terminate(600_000);
  await process.terminate(0);
  await slow;
  expect(members(process.pid)).toEqual([]);
});

test('does not wait for what it left behind, which goes on and can still be ended', async () => {
  const { process, text } = await shells.run('sleep 60 & echo $!');
  expect(await process.finished).toEqual({ exitCode: 0, signal: null });
  const [left] = members(process.pid);
  expect(text()).toBe(`${left}\n`);
  expect(process.isGone()).toBe(false);
  expect(ledger.snapshot().living).toBe(1);
  await process.terminate(1_000);
  expect(process.isGone()).toBe(true);
  expect(members(process.pid)).toEqual([]);
});

test('does not wait for a daemon that writes into its pipes without end', async () => {
  const { process, text } = await shells.run('setsid yes & echo $!; sleep 0.1; echo last >&2');
  expect(await process.finished).toEqual({ exitCode: 0, signal: null });
  expect(text('stderr')).toBe('last\n');
  // Nobody reads any more, which ends it.
  const daemon = Number.parseInt(text('stdout'), 10);
  await until(() => table.read(daemon) === undefined, 'the end of the daemon');
});

test('loses nothing of what it wrote right before its end, to both streams', async () => {
  const script = 'head -c 3000000 /dev/urandom | tee >(sha256sum >&2)';
  const { process, text } = await shells.run(script);
  await process.finished;
  const sum = createHash('sha256')
    .update(Buffer.from(text('stdout'), 'latin1'))
    .digest('hex');
  expect(text('stderr')).toContain(sum);
});

test('waits, and is not read, while its output is not taken', async () => {
  let go = (): void => {};
  let takes = 0;
  const { process, text } = await shells.run('head -c 2000000 /dev/zero; echo done >&2', {
    onOutput: () => {
      takes += 1;
      if (takes > 1) return undefined;
      return new Promise<void>((resolve) => {
        go = resolve;
      });
    },
  });
  await until(() => takes === 1, 'the first piece');
  // Nothing tells that something does not happen.
  await delay(100);
  expect(takes).toBe(1);
  expect(members(process.pid).length).toBeGreaterThan(0);
  go();
  await process.finished;
  expect(text('stdout').length).toBe(2_000_000);
  expect(text('stderr')).toBe('done\n');
});

test('ends though its output is never taken, once it is told that nobody will', async () => {
  const { process } = await shells.run('yes', { onOutput: () => new Promise(() => {}) });
  await process.terminate(1_000);
  process.closeOutput();
  expect(await process.finished).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
});

test('says why it cannot be started, and leaves nothing behind', async () => {
  const before = descriptorsOf('self').size;
  const start = (cwd: string, command: string): Promise<PipedProcess> =>
    processes.start({ id: 'none', command, args: [], cwd, env: {}, onOutput: () => {} });
  await expect(start('/nowhere', '/bin/bash')).rejects.toMatchObject({ code: 'SPAWN_FAILED', reason: 'cwd-not-found' });
  await expect(start('/', '/bin/nothing')).rejects.toMatchObject({ reason: 'command-not-found' });
  expect(descriptorsOf('self').size).toBe(before);
});

test('removes the unused pipes of a process that was killed, and of no other', () => {
  const path = join(folder, 'other');
  // No process has this pid: it is above the most that Linux gives.
  // In a container the process that was killed may have had the pid that this one has.
  const own = String(process.pid);
  for (const name of ['4194305', '1', 'notes', own]) mkdirSync(join(path, name), { recursive: true });
  for (const name of ['4194305', own]) writeFileSync(join(path, name, 'left'), '');
  const other = new PipedProcesses({ folder: path });
  expect(readdirSync(path).toSorted()).toEqual(['1', 'notes', own].toSorted());
  expect(readdirSync(join(path, own))).toEqual([]);
  other.close();
  expect(readdirSync(path).toSorted()).toEqual(['1', 'notes']);
});

test('keeps at most seven unused pipes, however many were wanted at a time', async () => {
  await Promise.all(Array.from({ length: 40 }, async () => (await shells.run('true')).process.finished));
  expect(readdirSync(join(folder, 'pipes', String(process.pid))).length).toBeLessThanOrEqual(7);
});

test('makes new pipes when those that it had, or their folder, were removed', async () => {
  await (await shells.run('true')).process.finished;
  rmSync(join(folder, 'pipes', String(process.pid)), { recursive: true });
  const { process: again, text } = await shells.run('echo again');
  expect(await again.finished).toEqual({ exitCode: 0, signal: null });
  expect(text()).toBe('again\n');
});

test('leaves as many descriptors after fifty lives as before', async () => {
  const live = async (): Promise<void> => {
    const { process } = await shells.run('echo x');
    await process.finished;
  };
  await live();
  const before = descriptorsOf('self').size;
  await Promise.all(Array.from({ length: 50 }, live));
  await until(() => descriptorsOf('self').size <= before, 'the descriptors');
});
