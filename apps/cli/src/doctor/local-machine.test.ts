import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localMachine } from './local-machine.ts';

const machine = localMachine();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'machine-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('tells files, folders and sockets apart, with their owner and mode', async () => {
  const path = join(folder, 'secret');
  writeFileSync(path, 'x', { mode: 0o640 });
  const server = createServer();
  const socket = join(folder, 's.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  expect(machine.file(path)).toEqual({ kind: 'file', uid: machine.uid, mode: 0o640 });
  expect(machine.file(folder)).toEqual({ kind: 'folder', uid: machine.uid, mode: 0o700 });
  expect(machine.file(socket)?.kind).toBe('socket');
  expect(machine.file('/dev/null')?.kind).toBe('other');
  server.close();
});

it('reads no more than the beginning of a text, and files of the kernel, which have no size', () => {
  const path = join(folder, 'long');
  writeFileSync(path, 'x'.repeat(100_000));
  expect(machine.read(path)).toHaveLength(65_536);
  if (process.platform === 'linux') expect(machine.read('/proc/self/stat')).toMatch(/^\d+ \(/);
  else expect(machine.read('/proc/self/stat')).toBeUndefined();
});

it('counts entries and room, and knows who is alive', () => {
  writeFileSync(join(folder, 'one more'), '');
  expect(machine.entries(folder)).toBeGreaterThan(0);
  expect(machine.room(folder)?.freeBytes).toBeGreaterThan(0);
  expect(machine.mayWrite(folder)).toBe(true);
  expect([machine.isAlive(process.pid), machine.isAlive(1), machine.isAlive(2 ** 22 + 1)]).toEqual([true, true, false]);
});

it('throws about nothing that is not there', () => {
  const gone = join(folder, 'gone');
  expect([machine.file(gone), machine.read(gone), machine.entries(gone), machine.room(gone)]).toEqual(
    Array.from({ length: 4 }, () => undefined),
  );
  expect(machine.mayWrite(gone)).toBe(false);
});
