/** What is typed reaches the child, the whole of it, unchanged, in order, and nobody else. */
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Pty } from '../src/index.ts';
import { until } from './condition.ts';
import { masters } from './descriptors.ts';
import { Terminals } from './terminals.ts';
import { Transcript } from './transcript.ts';

const terminals = new Terminals();
const MIB = 1024 * 1024;

/** A raw terminal whose child reads nothing. */
async function notReading(): Promise<Pty> {
  const pty = terminals.sh('stty raw -echo; echo ready; exec sleep 60');
  await new Transcript(pty.output).shows('ready');
  return pty;
}

test('[B15] [T004] a line typed to `cat` comes back twice: the echo and the copy', async () => {
  const pty = terminals.spawn('cat');
  const transcript = new Transcript(pty.output);
  pty.write(Buffer.from('test\n'));
  await transcript.shows('test\r\ntest\r\n');
});

test('[B46] bytes that are no text reach the child unchanged', async () => {
  const pty = terminals.sh('stty raw -echo; echo ready; head -c 5 | od -An -tx1');
  const transcript = new Transcript(pty.output);
  await transcript.shows('ready');
  pty.write(Uint8Array.of(0xff, 0xfe, 0x00, 0x03, 0x80));
  await pty.stopped;
  expect(transcript.text).toContain(' ff fe 00 03 80');
});

test('[B16] 1 MiB in chunks of any size reaches a raw reader with the same SHA-256', async () => {
  const input = randomBytes(MIB);
  const pty = terminals.sh(`stty raw -echo; echo ready; head -c ${MIB} | sha256sum`);
  const transcript = new Transcript(pty.output);
  await transcript.shows('ready');
  for (let from = 0, size = 1; from < MIB; from += size, size = (size * 7 + 13) % 9_001) {
    pty.write(input.subarray(from, from + size));
  }
  await pty.stopped;
  expect(transcript.text).toContain(createHash('sha256').update(input).digest('hex'));
  expect(pty.pendingInputBytes).toBe(0);
});

test('[NFR-007-002] a keystroke is in the terminal when `write` returns', async () => {
  const pty = terminals.sh('stty raw; echo ready; exec cat > /dev/null');
  const transcript = new Transcript(pty.output);
  await transcript.shows('ready');
  for (let index = 0; index < 100; index++) {
    pty.write(Buffer.from('k'));
    expect(pty.pendingInputBytes).toBe(0);
  }
});

test('[B18] input to a child that does not read is bounded, refused whole, and costs less than 2 % of a core', async () => {
  const pty = await notReading();
  pty.write(Buffer.alloc(MIB));
  const waiting = pty.pendingInputBytes;
  expect(waiting).toBeGreaterThan(MIB - 64 * 1024);
  expect(() => pty.write(Buffer.alloc(MIB))).toThrow(
    expect.objectContaining({ code: 'INPUT_QUEUE_FULL', pendingBytes: waiting, capacityBytes: MIB }),
  );
  expect(pty.pendingInputBytes).toBe(waiting);
  pty.write(Buffer.alloc(MIB - waiting));
  expect(pty.pendingInputBytes).toBe(MIB);
  // The machine may charge us for what others do; what is really spent shows in every window.
  let share = 1;
  for (let window = 0; window < 4 && share >= 0.02; window++) share = await processorShare(1_500);
  expect(share).toBeLessThan(0.02);
});

async function processorShare(measuredMs: number): Promise<number> {
  const before = process.cpuUsage();
  await delay(measuredMs);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / measuredMs;
}

test('[B18] a child that begins to read gets everything in order, then the drain is told, then small writes work', async () => {
  const input = Buffer.concat([randomBytes(200_000), Buffer.from('END')]);
  const pty = terminals.sh('stty raw -echo; echo ready; head -c 200003 | sha256sum; head -c 5');
  const transcript = new Transcript(pty.output);
  await transcript.shows('ready');
  pty.signal('SIGSTOP');
  pty.write(input.subarray(0, 150_000));
  pty.write(input.subarray(150_000));
  let drains = 0;
  pty.onInputDrained(() => {
    drains += 1;
    if (drains === 1) pty.write(Buffer.from('small'));
  });
  expect(pty.pendingInputBytes).toBeGreaterThan(100_000);
  pty.signal('SIGCONT');
  await pty.stopped;
  expect(transcript.text).toContain(createHash('sha256').update(input).digest('hex'));
  expect(transcript.text).toContain('small');
  expect(drains).toBe(1);
});

test('input that waits when its child dies never reaches the successor on the same descriptor, 50 times out of 50', async () => {
  const successors: Transcript[] = [];
  for (let run = 0; run < 50; run++) {
    const victim = await notReading();
    victim.write(Buffer.alloc(200_000, 'X'));
    expect(victim.pendingInputBytes).toBeGreaterThan(100_000);
    const before = masters();
    victim.onEvent(({ type }) => {
      if (type !== 'pty.stopped') return;
      successors.push(new Transcript(terminals.sh('stty raw -echo; echo ready; head -c 3').output));
      expect(masters()).toEqual(before);
      expect(() => victim.write(Buffer.from('Y'))).toThrow(expect.objectContaining({ code: 'INVALID_STATE' }));
    });
    process.kill(victim.pid, 'SIGKILL');
    await victim.stopped;
    expect(victim.snapshot().listenerFailures).toBe(0);
  }
  await until(() => successors.every(({ text }) => text.includes('ready')), 'all successors');
  // Longer than any retry of the victims could have taken.
  await delay(120);
  expect(successors).toHaveLength(50);
  expect(new Set(successors.map(({ text }) => text))).toEqual(new Set(['ready\n']));
});
