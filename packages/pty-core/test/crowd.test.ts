/** Many terminals at once. */
import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import type { Pty } from '../src/index.ts';
import { until } from './condition.ts';
import { Terminals } from './terminals.ts';
import { Transcript } from './transcript.ts';

const terminals = new Terminals();
const figures: string[] = [];
afterAll(() => console.log(figures.join('\n')));

/** What the children and this process really hold in memory, in bytes: shared pages are divided among their users. */
function memoryOf(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) => {
    const found = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'));
    return Number(found?.[1] ?? 0);
  });
  return kilobytes.reduce((sum, value) => sum + value, 0) * 1024;
}

async function echoed(ptys: readonly Pty[], transcripts: readonly Transcript[], line: string): Promise<void> {
  for (const pty of ptys) pty.write(Buffer.from(`${line}\n`));
  await until(() => transcripts.every(({ text }) => text.endsWith(`${line}\r\n${line}\r\n`)), 'all echoes');
}

test('[B09] [NFR-007-003] [SC-007-001] three hundred children run at once, every one started at the first try', async () => {
  const before = process.memoryUsage.rss();
  const ptys = Array.from({ length: 300 }, (_, index) =>
    terminals.spawn('cat', [], { laneId: `lane-${index % 7}`, sessionId: `session-${index}` }),
  );
  const transcripts = ptys.map(({ output }) => new Transcript(output));
  await echoed(ptys, transcripts, 'here');
  const { manager } = terminals;
  expect(manager.snapshot()).toMatchObject({ ptys: 300, lanes: 7, sessions: 300 });
  const sizes = Array.from({ length: 7 }, (_, lane) => manager.byLane(`lane-${lane}`).length);
  expect(sizes).toEqual([43, 43, 43, 43, 43, 43, 42]);
  const perPty = (process.memoryUsage.rss() - before) / 300;
  figures.push(`300 terminals: ${(perPty / 1024).toFixed(0)} KiB each in this process`);
  expect(perPty).toBeLessThan(1024 * 1024);
  expect(() => terminals.spawn('cat')).toThrow(expect.objectContaining({ code: 'CAPACITY_EXCEEDED' }));
  await manager.terminateAll();
  expect(manager.snapshot()).toMatchObject({ ptys: 0, lanes: 0, sessions: 0, tombstones: 100 });
});

test('[NFR-007-003] [NFR-007-004] twenty-five busy terminals with full rings stay below 500 MB, children included', async () => {
  const ptys = Array.from({ length: 25 }, () => terminals.sh('stty raw; head -c 5000000 /dev/zero; exec sleep 60'));
  await until(() => ptys.every(({ output }) => output.end === 5_000_000), 'twenty-five full rings');
  const bytes = memoryOf([process.pid, ...ptys.map(({ pid }) => pid)]);
  figures.push(`25 terminals with 4 MiB each: ${(bytes / 1e6).toFixed(0)} MB, children and test runner included`);
  expect(bytes).toBeLessThan(500e6);
});

test('[B22] [SC-007-002] of five on three lanes one crashes, and the others answer as before', async () => {
  const lanes = ['a', 'a', 'b', 'c'];
  const quiet = lanes.map((laneId) => terminals.sh('stty raw -echo; echo ready; exec cat', { laneId }));
  const transcripts = quiet.map(({ output }) => new Transcript(output));
  for (const transcript of transcripts) await transcript.shows('ready');
  const crashing = terminals.sh('kill -SEGV $$', { laneId: 'b' });
  expect(await crashing.stopped).toMatchObject({ signal: 'SIGSEGV', reason: 'signaled' });
  for (const [index, pty] of quiet.entries()) {
    let best = Number.POSITIVE_INFINITY;
    // The best of some keys: the machine may be busy with other things.
    for (let key = 0; key < 500 && best >= 15; key += 1) {
      const begun = performance.now();
      pty.write(Buffer.from(`${key};`));
      await transcripts[index]!.shows(`${key};`);
      best = Math.min(best, performance.now() - begun);
    }
    expect(best).toBeLessThan(15);
  }
  expect(quiet.map(({ state }) => state)).toEqual(['active', 'active', 'active', 'active']);
});
