/** Readers and listeners may do anything from within their callbacks. */
import { expect, test } from 'vitest';
import type { OutputReader, Pty } from '../src/index.ts';
import { until } from './condition.ts';
import { eventsOf, Terminals, typesOf } from './terminals.ts';
import { Transcript } from './transcript.ts';

const terminals = new Terminals();

const QUIET = 'echo one; read -r x; echo two; read -r x; echo three; exec sleep 60';
const FLOOD = 'stty raw; exec cat /dev/zero';

test.each([
  ['quiet', QUIET],
  ['flooding', FLOOD],
])('a reader of a %s terminal may close itself and another one', async (_, script) => {
  const pty = terminals.sh(script, { bufferBytes: 64 * 1024 });
  let calls = 0;
  const first: OutputReader = pty.output.openReader('start', () => {
    calls += 1;
    first.close();
    second.close();
  });
  const second = pty.output.openReader('start', () => {
    calls += 100;
  });
  const third = new Transcript(pty.output);
  await until(() => third.bytes.length > 0 && pty.output.readerCount === 1, 'two readers to be gone');
  pty.write(Buffer.from('\n\n'));
  await until(() => third.bytes.length > 12, 'more output');
  expect(calls).toBe(1);
});

test.each([
  ['quiet', QUIET],
  ['flooding', FLOOD],
])('a reader of a %s terminal may end it', async (_, script) => {
  const pty = terminals.sh(script, { bufferBytes: 64 * 1024 });
  pty.output.openReader('start', () => void pty.terminate({ gracePeriodMs: 0 }));
  const transcript = new Transcript(pty.output);
  expect(await pty.stopped).toEqual({ exitCode: null, signal: 'SIGKILL', reason: 'terminated' });
  expect(transcript.ended).toBe(true);
});

test('a reader may spawn another terminal, at any time and at the end', async () => {
  const spawned: Pty[] = [];
  const pty = terminals.sh('stty raw; head -c 1000000 /dev/zero');
  pty.output.openReader('start', () => {
    if (spawned.length < 5 || pty.output.ended) spawned.push(terminals.spawn('echo', ['child']));
  });
  await pty.stopped;
  expect(spawned).toHaveLength(6);
  for (const other of spawned) {
    const transcript = new Transcript(other.output);
    await other.stopped;
    expect(transcript.text).toBe('child\r\n');
  }
});

test('a reader may switch the policy to and fro, and nothing is lost on the way', async () => {
  const pty = terminals.sh('stty raw; seq 1 100000', { bufferBytes: 64 * 1024, overflow: 'pause' });
  let calls = 0;
  pty.output.openReader(
    'start',
    () => {
      calls += 1;
      pty.output.overflow = 'drop-oldest';
      pty.output.overflow = 'pause';
    },
    { passive: true },
  );
  const transcript = new Transcript(pty.output);
  await pty.stopped;
  expect(transcript.text).toBe(Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join(''));
  expect(calls).toBeGreaterThan(2);
});

test('a reader may write input, and the answer comes later, not inside', async () => {
  const pty = terminals.sh('stty -echo; echo q1; read -r a; echo "q2 $a"; read -r b; echo "done $b"');
  let depth = 0;
  let deepest = 0;
  let answers = 0;
  const reader = pty.output.openReader('start', () => {
    depth += 1;
    deepest = Math.max(deepest, depth);
    for (let chunk = reader.next(); chunk !== undefined; chunk = reader.next()) {
      if (chunk.kind === 'bytes' && Buffer.from(chunk.bytes).includes('q'))
        pty.write(Buffer.from(`answer${++answers}\n`));
    }
    depth -= 1;
  });
  const transcript = new Transcript(pty.output);
  await pty.stopped;
  expect(transcript.text).toBe('q1\r\nq2 answer1\r\ndone answer2\r\n');
  expect(deepest).toBe(1);
});

test('a reader that throws harms neither the terminal nor the other readers, and is counted', async () => {
  const pty = terminals.sh('echo one; sleep 0.05; echo two');
  pty.output.openReader('start', () => {
    throw new Error('defect of a reader');
  });
  const transcript = new Transcript(pty.output);
  await pty.stopped;
  expect(transcript.text).toBe('one\r\ntwo\r\n');
  expect(pty.output.snapshot().readerFailures).toBeGreaterThanOrEqual(2);
});

test('[B35] a listener that throws or rejects disturbs nobody', async () => {
  const pty = terminals.spawn('echo', ['x']);
  pty.onEvent(() => {
    throw new Error('defect of a listener');
  });
  pty.onEvent(async () => {
    throw new Error('defect of an asynchronous listener');
  });
  const events = eventsOf(pty);
  await pty.stopped;
  expect(typesOf(events)).toEqual(['pty.exited', 'pty.state.changed', 'pty.stopped']);
});

test('a listener that resizes on every resize sees its events in order', async () => {
  const pty = terminals.spawn('cat');
  pty.onEvent((event) => {
    if (event.type === 'pty.resized' && event.cols < 90) pty.resize(event.cols + 1, 24);
  });
  const events = eventsOf(pty);
  pty.resize(81, 24);
  expect(events.map((event) => event.type === 'pty.resized' && [event.oldCols, event.cols])).toEqual(
    Array.from({ length: 10 }, (_, index) => [80 + index, 81 + index]),
  );
});

test('[T010] what a listener causes while a start is told of comes after the start', async () => {
  const told: string[] = [];
  const stop = terminals.manager.onEvent((event) => {
    told.push(event.type === 'pty.state.changed' ? event.to : event.type);
    if (told.length === 1) terminals.manager.get(event.ptyId)!.resize(90, 30);
  });
  const pty = terminals.spawn('cat');
  stop();
  expect(told).toEqual(['spawning', 'active', 'pty.spawned', 'pty.resized']);
  await pty.terminate();
});

test('a reader may close itself and open another one each time it is called', async () => {
  const pty = terminals.spawn('seq', ['1', '20000']);
  let opened = 0;
  let reader: OutputReader | undefined;
  const again = (): void => {
    reader?.close();
    opened += 1;
    reader = pty.output.openReader('end', again);
  };
  again();
  await pty.stopped;
  expect(opened).toBeLessThan(10_000);
  expect(pty.output.readerCount).toBe(1);
});

test('readers may clear the output each time they are called', async () => {
  const pty = terminals.spawn('seq', ['1', '20000']);
  for (let count = 0; count < 3; count += 1) pty.output.openReader('start', () => pty.output.clear());
  await pty.stopped;
  expect(pty.output.snapshot()).toMatchObject({ readerFailures: 0, readers: 3, ended: true });
  expect(pty.output.start).toBe(pty.output.end);
});
