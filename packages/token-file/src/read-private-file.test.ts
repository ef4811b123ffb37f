import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TokenFileError, type TokenFileErrorCode } from './errors.ts';
import { readPrivateFile } from './read-private-file.ts';

const SECRET = 'nobody else may know';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sessiond-private-'));
  path = join(dir, 'secret');
});
afterEach(() => rmSync(dir, { recursive: true }));

function write(mode = 0o600): void {
  writeFileSync(path, SECRET);
  chmodSync(path, mode);
}

function refusal(file: string = path, maxBytes = 100, orElse?: string): TokenFileError {
  try {
    readPrivateFile(file, { maxBytes, ...(orElse !== undefined && { orElse }) });
  } catch (error) {
    if (error instanceof TokenFileError) return error;
    throw error;
  }
  throw new Error('it was read');
}

function refused(code: TokenFileErrorCode, reason: string, file: string = path): object {
  return { code, message: `Cannot use the token file ${file}: ${reason}` };
}

it('finds nothing where there is no file, and no folder', () => {
  expect(readPrivateFile(path, { maxBytes: 100 })).toBeNull();
  expect(readPrivateFile(join(dir, 'none', 'secret'), { maxBytes: 100 })).toBeNull();
});

it.each([0o600, 0o400, 0o700])('reads what only we can reach: mode %o', (mode) => {
  write(mode);
  expect(readPrivateFile(path, { maxBytes: SECRET.length })).toBe(SECRET);
});

it.each([0o640, 0o620, 0o610, 0o604, 0o602, 0o601])('refuses what others can reach in any way: mode %o', (mode) => {
  write(mode);
  const remedy = `others can read it (mode ${mode.toString(8)}); run: chmod 600 ${path}`;
  expect(refusal()).toMatchObject(refused('NOT_PRIVATE', remedy));
  expect(refusal(path, 100, 'delete it')).toMatchObject(refused('NOT_PRIVATE', `${remedy}, or delete it`));
});

it('refuses a file of somebody else, whatever its mode', () => {
  write();
  // A file can be given away by root alone; for anybody else it is root who has one that all may read.
  const isRoot = process.getuid!() === 0;
  if (isRoot) chownSync(path, 12_345, 12_345);
  const foreign = isRoot ? path : '/etc/passwd';
  expect(refusal(foreign, 1_000_000)).toMatchObject(refused('NOT_PRIVATE', 'it belongs to another user', foreign));
});

it('refuses a symbolic link, also one that leads to a private file or nowhere', () => {
  write();
  for (const target of [path, join(dir, 'nowhere')]) {
    const link = join(dir, 'link');
    symlinkSync(target, link);
    expect(refusal(link)).toMatchObject(refused('NOT_PRIVATE', 'it is a symbolic link', link));
    rmSync(link);
  }
});

it('reads a file that has another name, too', () => {
  write();
  linkSync(path, join(dir, 'other'));
  expect(readPrivateFile(join(dir, 'other'), { maxBytes: 100 })).toBe(SECRET);
});

it('refuses what is no file, and waits for nobody who would write to a pipe', () => {
  mkdirSync(path, { mode: 0o700 });
  expect(refusal()).toMatchObject(refused('INVALID', 'it is no file'));
  const pipe = join(dir, 'pipe');
  execFileSync('mkfifo', ['-m', '600', pipe]);
  expect(refusal(pipe)).toMatchObject(refused('INVALID', 'it is no file', pipe));
});

it('reads as many bytes as are allowed, and refuses more of them without a word of what they are', () => {
  writeFileSync(path, 'x'.repeat(4_096), { mode: 0o600 });
  expect(readPrivateFile(path, { maxBytes: 4_096 })).toHaveLength(4_096);
  expect(refusal(path, 4_095)).toMatchObject(refused('INVALID', 'it is 4,096 bytes, allowed are 4,095'));
});

it('says what the system said when it refuses', () => {
  write();
  const below = join(path, 'below');
  const { code, message, cause } = refusal(below);
  expect({ code, message }).toEqual(refused('UNREADABLE', 'opening it failed with ENOTDIR', below));
  expect(cause).toMatchObject({ code: 'ENOTDIR' });
});
