/** Terminals that print as fast as they can share the process with those somebody types into. */
import { expect, test } from 'vitest';
import type { Pty } from '../src/index.ts';
import { until } from './condition.ts';
import { Terminals } from './terminals.ts';
import { Transcript } from './transcript.ts';

const terminals = new Terminals();

function flood(): Pty {
  return terminals.sh('stty raw; exec cat /dev/zero', { bufferBytes: 256 * 1024 });
}

const end = ({ output }: Pty) => output.end;

/** The least that rounds of measuring tell: more of them, for a minute, as long as it is not below `enough`, since a busy machine may be why. */
async function least(enough: number, measure: () => Promise<number>): Promise<number> {
  const deadline = performance.now() + 60_000;
  let found = await measure();
  while (found >= enough && performance.now() < deadline) found = Math.min(found, await measure());
  return found;
}

test('beside four floods an echo comes back soon, and the timers run', async () => {
  const floods = [flood(), flood(), flood(), flood()];
  const typed = terminals.sh('stty raw -echo; echo ready; exec cat');
  await new Transcript(typed.output).shows('ready');
  await until(() => floods.every((pty) => end(pty) > 1_000_000), 'four floods');
  const before = floods.map(end);
  let echoed: (() => void) | undefined;
  const reader = typed.output.openReader('end', () => {
    while (reader.next() !== undefined) echoed?.();
  });
  const press = async (): Promise<number> => {
    const begun = performance.now();
    const echo = new Promise<void>((resolve) => {
      echoed = resolve;
    });
    typed.write(Buffer.from('k'));
    await echo;
    return performance.now() - begun;
  };
  const medianMs = async (): Promise<number> => {
    const latencies: number[] = [];
    for (let key = 0; key < 60; key++) latencies.push(await press());
    return latencies.sort((a, b) => a - b)[30]!;
  };
  expect(await least(15, medianMs)).toBeLessThan(15);
  const lateMs = async (): Promise<number> => {
    const begun = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 5));
    return performance.now() - begun - 5;
  };
  expect(await least(50, lateMs)).toBeLessThan(50);
  // One of the programs may have waited for a processor all the while.
  await until(() => floods.every((pty, index) => end(pty) > before[index]!), 'more of every flood');
});

test('floods are treated alike: none of three gets less than a twentieth of all', async () => {
  const floods = [flood(), flood(), flood()];
  await until(() => floods.every((pty) => end(pty) > 1_000_000), 'three floods');
  const before = floods.map(end);
  const got = () => floods.map((pty, index) => end(pty) - before[index]!);
  const sum = () => got().reduce((total, bytes) => total + bytes, 0);
  const alike = () => Math.min(...got()) / sum() > 0.05;
  await until(
    () => sum() > 60_000_000 && alike(),
    () => `equal shares, found ${got().join(', ')} bytes`,
  );
});

test('[B22] one that crashes does not disturb the others', async () => {
  const quiet = Array.from({ length: 4 }, () => terminals.spawn('cat'));
  const transcripts = quiet.map(({ output }) => new Transcript(output));
  const crashing = terminals.sh('stty raw; head -c 500000 /dev/zero; kill -SEGV $$');
  expect(await crashing.stopped).toMatchObject({ signal: 'SIGSEGV' });
  expect(end(crashing)).toBe(500_000);
  for (const pty of quiet) pty.write(Buffer.from('hello\n'));
  await until(() => transcripts.every(({ text }) => text === 'hello\r\nhello\r\n'), 'four echoes');
});

test('a reader that takes everything as it comes loses nothing, however small the ring and however many the floods', async () => {
  const floods = [4_096, 16_384, 65_536].map((bufferBytes) =>
    terminals.sh('stty raw; head -c 10000000 /dev/zero', { bufferBytes }),
  );
  const transcripts = floods.map(({ output }) => new Transcript(output));
  await Promise.all(floods.map(({ stopped }) => stopped));
  expect(transcripts.map(({ gaps }) => gaps)).toEqual([[], [], []]);
  expect(transcripts.map(({ bytes }) => bytes.length)).toEqual([10_000_000, 10_000_000, 10_000_000]);
});

test('a flood that ends goes back to costing nothing, and a second flood is noticed again', async () => {
  const pty = terminals.sh(
    'stty raw -echo; head -c 3000000 /dev/zero; read -r x; head -c 3000000 /dev/zero; exec sleep 60',
  );
  await until(() => end(pty) === 3_000_000, 'the first flood');
  await until(() => terminals.manager.snapshot().flooding === 0, 'quiet');
  pty.write(Buffer.from('\n'));
  await until(() => end(pty) === 6_000_000, 'the second flood');
  await until(() => terminals.manager.snapshot().flooding === 0, 'quiet');
});
