/** Nobody reads while the child exits: with `pause` its last bytes wait in the kernel, and are all delivered later. */
import { expect, test } from 'vitest';
import type { Pty } from '../src/index.ts';
import { until } from './condition.ts';
import { type SpawnOptions, Terminals } from './terminals.ts';
import { Transcript } from './transcript.ts';

const terminals = new Terminals();
const LONG = process.env['SESSIOND_LONG'] === '1';
const NUMBERS = Array.from({ length: 20_000 }, (_, index) => `${index + 1}\r\n`).join('');

test('[B45] nobody reads for 3 s, the child exits meanwhile, and then everything is there', async () => {
  const count = LONG ? 200 : 20;
  const children: [Pty, SpawnOptions][] = Array.from({ length: count }, (_, index) => {
    const paused = index % 2 === 0;
    const options: SpawnOptions = paused ? { bufferBytes: 64 * 1024, overflow: 'pause' } : {};
    return [terminals.spawn('seq', ['1', '20000'], options), options];
  });
  const begun = performance.now();
  const isAsFarAsItGets = ([pty, { overflow }]: [Pty, SpawnOptions]) =>
    overflow === 'pause' ? pty.output.end === 64 * 1024 : pty.state === 'stopped';
  await until(() => performance.now() - begun > 3_000 && children.every(isAsFarAsItGets), '3 s and full rings');
  for (const [pty, { overflow }] of children) expect(pty.state).toBe(overflow === 'pause' ? 'active' : 'stopped');
  await Promise.all(
    children.map(async ([pty]) => {
      const transcript = new Transcript(pty.output);
      await pty.stopped;
      expect(transcript.text === NUMBERS).toBe(true);
    }),
  );
});

test('[B45] a child that has exited while paused keeps its tail in the kernel, and the end waits for it', async () => {
  const bytes = 6_000;
  const ptys = Array.from({ length: 20 }, () =>
    terminals.sh(`stty raw; head -c ${bytes} /dev/zero`, { bufferBytes: 4_096, overflow: 'pause' }),
  );
  await until(() => ptys.every(({ exit, output }) => exit !== null && output.end === 4_096), 'all exits, full rings');
  for (const pty of ptys) {
    expect([pty.state, pty.output.ended]).toEqual(['active', false]);
    const transcript = new Transcript(pty.output);
    await pty.stopped;
    expect(transcript.bytes.length).toBe(bytes);
  }
});
