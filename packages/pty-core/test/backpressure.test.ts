/** What a full buffer does to the child, and what every byte goes through on the way. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { OutputBuffer, OutputReader } from '../src/index.ts';
import { until } from './condition.ts';
import { Terminals } from './terminals.ts';
import { Transcript } from './transcript.ts';

const terminals = new Terminals();
const MB = 1_000_000;

/** A script that prints so many bytes which no two places of share, raw. */
function stream(bytes: number): string {
  return `stty raw; seq 1 100000000 | head -c ${bytes}`;
}

function sha256OfStream(bytes: number): string {
  const hash = createHash('sha256');
  let left = bytes;
  for (let number = 1; left > 0; ) {
    let block = '';
    for (const limit = number + 10_000; number < limit; number++) block += `${number}\n`;
    hash.update(block.slice(0, left));
    left -= block.length;
  }
  return hash.digest('hex');
}

/** Follows an output and hashes it; acknowledges as it is told. */
function hashing(output: OutputBuffer, acknowledge: (reader: OutputReader) => void) {
  const hash = createHash('sha256');
  let bytes = 0;
  let gaps = 0;
  const reader = output.openReader('start', () => take());
  const take = () => {
    for (let chunk = reader.next(); chunk !== undefined; chunk = reader.next()) {
      if (chunk.kind === 'bytes') {
        hash.update(chunk.bytes);
        bytes += chunk.bytes.length;
      } else if (chunk.kind === 'gap') gaps += 1;
    }
    acknowledge(reader);
  };
  return { result: () => ({ bytes, gaps, sha256: hash.digest('hex') }) };
}

/** How many bytes a process has written so far, by the kernel's account. */
function writtenBy(pid: number): number {
  return Number(/wchar: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'latin1'))![1]);
}

test.each([
  ['64 KiB', 64 * 1024],
  ['5 bytes', 5],
])(
  'with `pause` and nobody reading the child is blocked once a ring of %s is full, and goes on later',
  async (_, size) => {
    const pty = terminals.sh('stty raw; exec head -c 300000 /dev/zero', { bufferBytes: size, overflow: 'pause' });
    await until(() => pty.output.end === size, 'a full ring');
    let before = -1;
    await until(() => {
      const written = writtenBy(pty.pid);
      const still = written === before;
      before = written;
      return still && written > 0;
    }, 'a blocked child');
    expect(before).toBeLessThan(size + 200_000);
    expect(pty.output.stats()).toEqual({
      totalWritten: size,
      totalDropped: 0,
      currentUtilization: 1,
      overflowEvents: 0,
    });
    const transcript = new Transcript(pty.output);
    await pty.stopped;
    expect(transcript.bytes.length).toBe(300_000);
    expect(transcript.gaps).toEqual([]);
  },
);

test('20 MB through a ring of 64 KiB to a reader that acknowledges late: not a byte is lost', async () => {
  const pty = terminals.sh(stream(20 * MB), { bufferBytes: 64 * 1024, overflow: 'pause' });
  const acknowledgements = new Set<NodeJS.Immediate>();
  const follower = hashing(pty.output, (reader) => {
    const { offset } = reader;
    const later = setImmediate(() => {
      acknowledgements.delete(later);
      reader.acknowledge(offset);
    });
    acknowledgements.add(later);
  });
  await pty.stopped;
  expect(follower.result()).toEqual({ bytes: 20 * MB, gaps: 0, sha256: sha256OfStream(20 * MB) });
  expect(pty.output.stats().totalDropped).toBe(0);
});

test.each([64, 1_024, 64 * 1024])(
  'a reader that acknowledges in halves of half the ring never stalls the child (ring of %i bytes)',
  async (capacity) => {
    const bytes = capacity < 1_000 ? 20_000 : 2 * MB;
    const pty = terminals.sh(stream(bytes), { bufferBytes: capacity, overflow: 'pause' });
    const follower = hashing(pty.output, (reader) => {
      const half = capacity / 4;
      const offset = Math.floor(reader.offset / half) * half;
      reader.acknowledge(offset);
    });
    await pty.stopped;
    expect(follower.result()).toEqual({ bytes, gaps: 0, sha256: sha256OfStream(bytes) });
  },
);

test('a reader that acknowledges nothing less than a whole ring gets everything too', async () => {
  const [bytes, capacity] = [20_000, 4_096];
  const pty = terminals.sh(stream(bytes), { bufferBytes: capacity, overflow: 'pause' });
  const follower = hashing(pty.output, (reader) => {
    if (reader.offset - reader.acknowledged === capacity) reader.acknowledge(reader.offset);
  });
  await pty.stopped;
  expect(follower.result()).toEqual({ bytes, gaps: 0, sha256: sha256OfStream(bytes) });
});

test('the smallest ring of all is slow but lossless', async () => {
  const pty = terminals.sh('stty raw; seq 1 500', { bufferBytes: 1, overflow: 'pause' });
  const transcript = new Transcript(pty.output);
  await pty.stopped;
  expect(transcript.text).toBe(Array.from({ length: 500 }, (_, index) => `${index + 1}\n`).join(''));
});

test('[FR-007-005] with `drop-oldest` the child never waits, nobody has to read, and the sums agree', async () => {
  const capacity = 64 * 1024;
  const pty = terminals.sh(stream(5 * MB), { bufferBytes: capacity });
  await pty.stopped;
  const transcript = new Transcript(pty.output, 0);
  expect(transcript.gaps).toEqual([[0, 5 * MB - capacity]]);
  expect(transcript.bytes.length).toBe(capacity);
  expect(pty.output.stats()).toMatchObject({ totalWritten: 5 * MB, totalDropped: 5 * MB - capacity });
});

test('without any ring everything is read and counted, nothing kept', async () => {
  const pty = terminals.sh(stream(MB), { bufferBytes: 0 });
  const transcript = new Transcript(pty.output);
  await pty.stopped;
  expect(transcript.ended).toBe(true);
  expect(transcript.bytes.length).toBe(0);
  expect(pty.output.stats()).toMatchObject({ totalWritten: MB, totalDropped: MB });
});

test('[B44] of two readers one stalls: with `drop-oldest` the other gets everything, the stalled one an exact gap', async () => {
  const capacity = 256 * 1024;
  const pty = terminals.sh(stream(5 * MB), { bufferBytes: capacity });
  const stalled = pty.output.openReader('start', () => {});
  const follower = hashing(pty.output, (reader) => reader.acknowledge(reader.offset));
  await pty.stopped;
  expect(follower.result()).toEqual({ bytes: 5 * MB, gaps: 0, sha256: sha256OfStream(5 * MB) });
  expect(stalled.next()).toEqual({ kind: 'gap', from: 0, to: 5 * MB - capacity });
  expect(pty.output.stats().totalDropped).toBe(5 * MB - capacity);
});

test('[T016] switching to `pause` blocks a child that is running, switching back lets it run', async () => {
  const pty = terminals.sh('stty raw; exec cat /dev/zero', { bufferBytes: 64 * 1024 });
  await until(() => pty.output.end > MB, 'a megabyte');
  pty.output.overflow = 'pause';
  const paused = pty.output.end;
  let last = -1;
  await until(() => {
    const written = writtenBy(pty.pid);
    const still = written === last;
    last = written;
    return still;
  }, 'a blocked child');
  expect(pty.output.end).toBe(paused);
  pty.output.overflow = 'drop-oldest';
  await until(() => pty.output.end > paused + MB, 'another megabyte');
});

test('a reader that attaches behind a quiet terminal takes the room away, and the next bytes wait for it', async () => {
  const capacity = 4_096;
  const pty = terminals.sh('stty raw -echo; head -c 4096 /dev/zero; read -r line; head -c 4096 /dev/zero', {
    bufferBytes: capacity,
    overflow: 'pause',
  });
  const first = new Transcript(pty.output);
  await until(() => first.bytes.length === capacity, 'a full ring');
  const second = pty.output.openReader('start', () => {});
  pty.write(Buffer.from('\n'));
  await until(() => pty.exit !== null, 'the exit of the child');
  expect([pty.state, pty.output.end]).toEqual(['active', capacity]);
  let seen = 0;
  for (let chunk = second.next(); chunk !== undefined; chunk = second.next()) {
    expect(chunk.kind).toBe('bytes');
    if (chunk.kind === 'bytes') seen += chunk.bytes.length;
  }
  expect(seen).toBe(capacity);
  second.close();
  const third = new Transcript(pty.output, second.offset);
  await pty.stopped;
  expect([first.bytes.length, third.bytes.length, third.gaps]).toEqual([2 * capacity, capacity, []]);
});
