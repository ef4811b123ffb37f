import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InputQueueFullError } from './errors.ts';
import { InputWriter } from './input-writer.ts';

const CAPACITY = 64 * 1024;
let folder: string;
let fd: number;

/** A pipe open at both ends stands for a terminal: it takes 64 KiB, then refuses until somebody reads. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'input-'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  fd = openSync(join(folder, 'pipe'), constants.O_RDWR | constants.O_NONBLOCK);
});
afterEach(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

function readAll(): Buffer {
  const parts: Buffer[] = [];
  const buffer = Buffer.alloc(16 * 1024);
  for (;;) {
    try {
      parts.push(Buffer.from(buffer.subarray(0, readSync(fd, buffer))));
    } catch {
      return Buffer.concat(parts);
    }
  }
}

function fill(writer: InputWriter): number {
  writer.write(Buffer.alloc(CAPACITY, 0));
  return CAPACITY;
}

function drained(): { options: { capacityBytes: number; onDrain: () => void }; drain: Promise<void> } {
  let onDrain!: () => void;
  const drain = new Promise<void>((resolve) => {
    onDrain = resolve;
  });
  return { options: { capacityBytes: CAPACITY, onDrain }, drain };
}

test('what the kernel takes is written at once, in the turn of the caller', () => {
  const writer = new InputWriter(fd, { capacityBytes: CAPACITY });
  expect(writer.write(Buffer.from('now'))).toBe(true);
  expect(readAll().toString()).toBe('now');
  expect(writer.snapshot()).toEqual({ pendingBytes: 0, writtenBytes: 3, closed: false });
});

test('[B17] nothing is a no-op, also for a closed writer', () => {
  const writer = new InputWriter(fd, { capacityBytes: CAPACITY });
  expect(writer.write(new Uint8Array())).toBe(true);
  writer.close();
  expect(writer.write(new Uint8Array())).toBe(false);
  expect(writer.writtenBytes).toBe(0);
});

test('what the kernel refuses waits and follows in order, and the drain is told once', async () => {
  const { options, drain } = drained();
  let drains = 0;
  const writer = new InputWriter(fd, {
    ...options,
    onDrain: () => {
      drains += 1;
      options.onDrain();
    },
  });
  fill(writer);
  for (let index = 0; index < 1_000; index++) writer.write(Buffer.from(`line ${index}\n`));
  const expected = Buffer.concat([
    Buffer.alloc(CAPACITY),
    ...Array.from({ length: 1_000 }, (_, index) => Buffer.from(`line ${index}\n`)),
  ]);
  expect(writer.pendingBytes).toBe(expected.length - CAPACITY);
  const first = readAll();
  await drain;
  expect(Buffer.concat([first, readAll()]).equals(expected)).toBe(true);
  expect([writer.pendingBytes, writer.writtenBytes, drains]).toEqual([0, expected.length, 1]);
});

test('[B18] a write that does not fit whole is refused whole, one that fits is taken', () => {
  const writer = new InputWriter(fd, { capacityBytes: CAPACITY });
  fill(writer);
  writer.write(Buffer.alloc(CAPACITY - 10));
  expect(() => writer.write(Buffer.alloc(11))).toThrow(InputQueueFullError);
  expect(writer.pendingBytes).toBe(CAPACITY - 10);
  expect(writer.write(Buffer.alloc(10))).toBe(true);
  expect(writer.pendingBytes).toBe(CAPACITY);
  expect(() => writer.write(Buffer.alloc(1))).toThrow(
    expect.objectContaining({ code: 'INPUT_QUEUE_FULL', pendingBytes: CAPACITY, capacityBytes: CAPACITY }),
  );
  writer.close();
});

test('a write larger than the queue is refused even if the kernel might take some of it', () => {
  const writer = new InputWriter(fd, { capacityBytes: 4_096 });
  expect(() => writer.write(Buffer.alloc(4_097))).toThrow(InputQueueFullError);
  expect(readAll()).toHaveLength(0);
});

test('the caller may reuse its memory at once', async () => {
  const { options, drain } = drained();
  const writer = new InputWriter(fd, options);
  const mine = Buffer.alloc(CAPACITY - 1, 'a');
  fill(writer);
  writer.write(mine);
  mine.fill('b');
  readAll();
  await drain;
  expect(readAll().equals(Buffer.alloc(CAPACITY - 1, 'a'))).toBe(true);
});

test('many small writes to somebody who does not read cost their bytes, not an object each', () => {
  const writer = new InputWriter(fd, { capacityBytes: CAPACITY });
  fill(writer);
  const key = Buffer.from('k');
  for (let index = 0; index < CAPACITY / 2; index++) writer.write(key);
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < CAPACITY / 2; index++) writer.write(key);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(4 * 1024 * 1024);
  expect(writer.pendingBytes).toBe(CAPACITY);
  writer.close();
});

test('a write from within the drain notification follows what was written before', async () => {
  let again!: () => void;
  const done = new Promise<void>((resolve) => {
    again = resolve;
  });
  const writer: InputWriter = new InputWriter(fd, {
    capacityBytes: CAPACITY,
    onDrain: () => {
      writer.write(Buffer.from('after'));
      again();
    },
  });
  fill(writer);
  writer.write(Buffer.from('before '));
  readAll();
  await done;
  expect(readAll().toString()).toBe('before after');
});

test('after closing nothing is written, not even what was waiting, and closing again does nothing', async () => {
  const writer = new InputWriter(fd, { capacityBytes: CAPACITY });
  fill(writer);
  writer.write(Buffer.from('must not arrive'));
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  writer.close();
  writer.close();
  expect(timers()).toBe(before - 1);
  expect(writer.pendingBytes).toBe(0);
  expect(readAll()).toHaveLength(CAPACITY);
  expect(writer.write(Buffer.from('x'))).toBe(false);
  expect(readAll()).toHaveLength(0);
});

test('a descriptor that can never be written closes the writer and is told once', () => {
  const readOnly = openSync('/dev/null', 'r');
  const errors: Error[] = [];
  const writer = new InputWriter(readOnly, { capacityBytes: CAPACITY, onError: (error) => errors.push(error) });
  expect(writer.write(Buffer.from('x'))).toBe(true);
  expect(writer.write(Buffer.from('x'))).toBe(false);
  expect(errors).toEqual([expect.objectContaining({ code: 'EBADF' })]);
  closeSync(readOnly);
});

test('one keystroke costs microseconds', () => {
  const writer = new InputWriter(fd, { capacityBytes: CAPACITY });
  const key = Buffer.from('k');
  const begun = process.cpuUsage();
  for (let index = 0; index < 60_000; index++) writer.write(key);
  const { user, system } = process.cpuUsage(begun);
  expect((user + system) / 60_000).toBeLessThan(50);
});
