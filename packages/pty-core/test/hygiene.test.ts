/** Descriptors, threads, timers, processes: what a terminal takes it gives back, and nothing leaks into its child. */
import { closeSync, fstatSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Pty } from '../src/index.ts';
import { until } from './condition.ts';
import { descriptorsOf, masters } from './descriptors.ts';
import { Terminals } from './terminals.ts';
import { Transcript } from './transcript.ts';

const terminals = new Terminals();

const threads = () => readdirSync('/proc/self/task').length;
const taken = () => [descriptorsOf('self').size, threads(), ...process.getActiveResourcesInfo().toSorted()].join();
const running = (pty: Pty, name: string) => readlinkSync(`/proc/${pty.pid}/exe`).endsWith(name);

test('a child holds nothing but its own terminal, however many others there are and whatever we have open', async () => {
  const file = openSync('/etc/passwd', 'r');
  const early = Array.from({ length: 12 }, () => terminals.spawn('sleep', ['60']));
  // Gaps in the middle of the masters, which node-pty's own protection does not see beyond.
  await Promise.all(early.slice(2, 8).map((pty) => pty.terminate()));
  const ptys = ['sleep', 'sleep', 'sleep'].map((command) => terminals.spawn(command, ['60']));
  await until(() => ptys.every((pty) => running(pty, 'sleep')), 'three programs');
  const ttys = ptys.map((pty) => {
    const descriptors = descriptorsOf(pty.pid);
    expect([...descriptors.keys()]).toEqual([0, 1, 2]);
    expect(new Set(descriptors.values()).size).toBe(1);
    return descriptors.get(0)!;
  });
  expect(new Set(ttys).size).toBe(3);
  closeSync(file);
});

test('after sixty lives there are as many descriptors, threads and handles as before', async () => {
  const live = async (index: number) => {
    const pty = terminals.sh(index % 2 === 0 ? 'seq 1 2000' : 'stty raw; seq 1 2000', {
      bufferBytes: 4_096,
      overflow: index % 3 === 0 ? 'pause' : 'drop-oldest',
    });
    const transcript = new Transcript(pty.output);
    pty.write(Buffer.alloc(100_000));
    if (index % 4 === 0) await pty.terminate({ gracePeriodMs: 50 });
    await pty.stopped;
    expect(transcript.ended).toBe(true);
  };
  await live(0);
  const before = await settled();
  for (let round = 0; round < 6; round++) await Promise.all(Array.from({ length: 10 }, (_, index) => live(index)));
  expect(await settled()).toBe(before);
});

/** What this process has taken once nothing of it has changed for a while. */
async function settled(): Promise<string> {
  let last = '';
  for (let same = 0; same < 20; ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await nextTurn();
    same = last === taken() ? same + 1 : 0;
    last = taken();
  }
  return last;
}

test('a descriptor number that has a new owner is not touched by a PTY that has stopped', async () => {
  const pty = terminals.sh('stty raw -echo; echo ready; sleep 60');
  const transcript = new Transcript(pty.output);
  await transcript.shows('ready');
  const fd = [...descriptorsOf('self')].find(([, target]) => target.startsWith('/dev/ptmx'))![0];
  pty.write(Buffer.alloc(100_000, 'X'));
  const folder = mkdtempSync(join(tmpdir(), 'owner-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'file');
  const owned: number[] = [];
  pty.onEvent(({ type }) => {
    if (type === 'pty.stopped') while (owned.at(-1) !== fd) owned.push(openSync(path, 'w+'));
  });
  await pty.terminate();
  expect(() => pty.write(Buffer.from('X'))).toThrow(expect.objectContaining({ code: 'INVALID_STATE' }));
  expect(() => pty.resize(10, 10)).toThrow(expect.objectContaining({ code: 'INVALID_STATE' }));
  await pty.terminate();
  const another = terminals.spawn('true');
  await another.stopped;
  expect(fstatSync(fd).isFile()).toBe(true);
  expect(readFileSync(path)).toHaveLength(0);
  for (const descriptor of owned) closeSync(descriptor);
});

test('a PTY that was ended by force does not read from its number any more', async () => {
  // An escaped process keeps the terminal open; the ring is nearly full, so the terminal is looked at from time to time.
  const pty = terminals.sh('stty raw; head -c 3800 /dev/zero; setsid sleep 2 & sleep 60', {
    bufferBytes: 4_096,
    overflow: 'pause',
  });
  await until(() => pty.output.end === 3_800, 'a nearly full ring');
  const [fd] = masters() as [number];
  await pty.terminate();
  const files: number[] = [];
  while (files.at(-1) !== fd) files.push(openSync('/etc/passwd', 'r'));
  const position = () => /pos:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))![1];
  // Longer than the longest time between two looks.
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect([position(), pty.output.end, pty.state]).toEqual(['0', 3_800, 'stopped']);
  for (const file of files) closeSync(file);
});

test('a living PTY that nobody reads costs no processor time', async () => {
  const ptys = Array.from({ length: 10 }, () =>
    terminals.sh('stty raw; head -c 100000 /dev/zero; exec sleep 60', { bufferBytes: 4_096, overflow: 'pause' }),
  );
  await until(() => ptys.every(({ output }) => output.end === 4_096), 'full rings');
  const share = async (): Promise<number> => {
    const before = process.cpuUsage();
    const begun = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000 / (performance.now() - begun);
  };
  // What is really spent shows in every window; the collector of this process only in some.
  let least = await share();
  for (let window = 1; window < 4 && least >= 0.05; window++) least = Math.min(least, await share());
  expect(least).toBeLessThan(0.05);
});
