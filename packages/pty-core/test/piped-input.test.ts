/** What a process without a terminal reads from its pipe, observed from outside. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { finished as streamFinished } from 'node:stream/promises';
import { expect, test } from 'vitest';
import type { OutputTaker, PipedProcess } from '../src/index.ts';
import { LinuxProcessTable } from '../src/processes.ts';
import { until } from './condition.ts';
import { descriptorsOf } from './descriptors.ts';
import { type PipedShell, PipedShells } from './piped-shells.ts';

const O_NONBLOCK = 0o4000;

const shells = new PipedShells('input');

function run(script: string, onOutput?: OutputTaker): Promise<PipedShell> {
  return shells.run(script, { stdin: 'pipe', ...(onOutput !== undefined && { onOutput }) });
}

/** Writes, and tells what became of it. */
function write(process: PipedProcess, data: string | Buffer): Promise<Error | undefined> {
  return new Promise((resolve) => process.stdin!.write(data, (error) => resolve(error ?? undefined)));
}

test('reads what is written, and its end', async () => {
  const { process, text } = await run('cat; echo over');
  await write(process, 'one\n');
  await until(() => text() === 'one\n', 'the first line');
  process.stdin!.end('two\n');
  expect(await process.finished).toEqual({ exitCode: 0, signal: null });
  expect(text()).toBe('one\ntwo\nover\n');
});

test('has a real pipe that waits for input, and can be opened by name', async () => {
  const { process, text } = await run('echo ready; head -n 1 </dev/stdin; read rest; echo "$rest"');
  await until(() => text() === 'ready\n', 'the shell');
  const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/${process.pid}/fdinfo/0`, 'latin1'))![1]!;
  // A program that was told "try again" instead of waiting would take it for a failure.
  expect(Number.parseInt(flags, 8) & O_NONBLOCK).toBe(0);
  expect(descriptorsOf(process.pid).get(0)).toContain('input-');
  await write(process, 'by name\n');
  await until(() => text().includes('by name'), 'the first line');
  await write(process, 'plain\n');
  await process.finished;
  expect(text()).toBe('ready\nby name\nplain\n');
});

test('gets every byte of more than a pipe holds, while the writer waits', async () => {
  const { process, text } = await run('sleep 0.2; wc -c');
  const chunk = Buffer.alloc(1_000_000, 'x');
  expect(process.stdin!.write(chunk)).toBe(false);
  await once(process.stdin!, 'drain');
  process.stdin!.end(chunk);
  await process.finished;
  expect(Number(text())).toBe(2_000_000);
});

test('sees the end of its input although others were started meanwhile', async () => {
  const { process } = await run('cat');
  const other = await run('exec sleep 60');
  process.stdin!.end();
  expect(await process.finished).toEqual({ exitCode: 0, signal: null });
  const pipes = [...descriptorsOf(other.process.pid)].filter(([, target]) => target.includes('input-'));
  expect(pipes.map(([fd]) => fd)).toEqual([0, 1, 2]);
});

test('tells the writer, and nobody else, that it reads no more', async () => {
  const { process, text } = await run('exec <&-; echo closed; exec sleep 60');
  await until(() => text() === 'closed\n', 'the closed pipe');
  expect(await write(process, 'x')).toMatchObject({ code: 'EPIPE' });
});

test('takes no input any more once it has ended', async () => {
  const { process } = await run('exit 3');
  expect(await process.exited).toEqual({ exitCode: 3, signal: null });
  await streamFinished(process.stdin!).catch(() => {});
  expect(process.stdin!.destroyed).toBe(true);
  expect(await write(process, 'x')).toBeInstanceOf(Error);
});

test('is told as reaped though nobody takes its output', async () => {
  const { process } = await run('read line; echo "$line"; exit 4', () => new Promise(() => {}));
  process.stdin!.write('x\n');
  expect(await process.exited).toEqual({ exitCode: 4, signal: null });
  process.closeOutput();
  await process.finished;
});

test('is ended whole while it waits for input', async () => {
  const { process, text } = await run('cat & (trap "" TERM; cat) & echo ready; cat');
  await until(() => text() === 'ready\n', 'the shell');
  await process.terminate(100);
  expect(new LinuxProcessTable().sessionMembers(process.pid)).toEqual([]);
});

test('leaves as many descriptors after thirty lives as before', async () => {
  const live = async (): Promise<void> => {
    const { process } = await run('cat');
    process.stdin!.end('x');
    await process.finished;
  };
  await live();
  const before = descriptorsOf('self').size;
  await Promise.all(Array.from({ length: 30 }, live));
  await until(() => descriptorsOf('self').size <= before, 'the descriptors');
});

test('leaves no descriptor when it cannot be started', async () => {
  const before = descriptorsOf('self').size;
  const start = shells.processes.start({
    id: 'none',
    command: '/bin/bash',
    args: [],
    cwd: shells.folder,
    // No environment can hold this, which shows only when the pipes are open.
    env: { TORN: 'a\0b' },
    stdin: 'pipe',
    onOutput: () => {},
  });
  await expect(start).rejects.toMatchObject({ code: 'SPAWN_FAILED' });
  expect(descriptorsOf('self').size).toBe(before);
});
