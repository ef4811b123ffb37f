import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SpawnError, type SpawnFailure } from './errors.ts';
import { resolveExecutable } from './executable.ts';

const folder = mkdtempSync(join(tmpdir(), 'executable-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

function failure(command: string, cwd = folder, path = '/usr/bin:/bin'): SpawnFailure | undefined {
  try {
    resolveExecutable(command, cwd, path);
    return undefined;
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    return error.reason;
  }
}

test('a bare name is searched on the PATH, in its order', () => {
  file('sh', '#!/bin/sh\n');
  expect(resolveExecutable('sh', '/', `${folder}:/bin`)).toBe(join(folder, 'sh'));
  expect(resolveExecutable('sh', '/', `/nowhere:/bin:${folder}`)).toBe('/bin/sh');
});

test('an empty entry of the PATH stands for the working directory', () => {
  const path = file('only-here', '#!/bin/sh\n');
  expect(resolveExecutable('only-here', folder, '/bin::/usr/bin')).toBe(path);
});

test('a name with a slash is relative to the working directory, not to ours', () => {
  const path = file('script', '#!/bin/sh\n');
  expect(resolveExecutable('./script', folder)).toBe(path);
  expect(failure('./script', '/')).toBe('command-not-found');
});

test('an executable further down the PATH wins over one that cannot be executed', () => {
  file('ls', 'not a program', 0o644);
  expect(resolveExecutable('ls', '/', `${folder}:/bin`)).toBe('/bin/ls');
  expect(failure('ls', '/', folder)).toBe('command-not-executable');
});

describe('what cannot be started is named', () => {
  test.each<[string, string, SpawnFailure]>([
    ['a command that is nowhere', 'no-such-command', 'command-not-found'],
    ['a path that does not exist', '/no/such/command', 'command-not-found'],
    ['a path through a file', '/etc/passwd/x', 'command-not-found'],
    ['a name longer than the file system takes', `/${'x'.repeat(5_000)}`, 'command-not-found'],
    ['a directory', '/tmp', 'command-not-executable'],
    ['a device', '/dev/null', 'command-not-executable'],
    ['a file that is not executable', '/etc/passwd', 'command-not-executable'],
  ])('%s', (_, command, reason) => {
    expect(failure(command)).toBe(reason);
  });

  test.each([
    ['an interpreter that does not exist', '#!/no/such/interpreter -x\necho\n'],
    ['an interpreter that is not executable', '#!/etc/passwd\n'],
    ['an interpreter whose line ends with a carriage return', '#!/bin/sh\r\necho\r\n'],
  ])('%s', (_, content) => {
    expect(failure(file('bad-interpreter', content))).toBe('interpreter-not-found');
  });

  test.each<[string, string, SpawnFailure]>([
    ['a working directory that does not exist', '/no/such/directory', 'cwd-not-found'],
    ['a working directory that is a file', '/etc/passwd', 'cwd-not-a-directory'],
    ['a working directory behind a loop of links', 'loop', 'cwd-not-accessible'],
  ])('%s', (_, cwd, reason) => {
    if (cwd === 'loop') symlinkSync(join(folder, 'loop'), join(folder, 'loop'));
    expect(failure('sh', cwd === 'loop' ? join(folder, 'loop') : cwd)).toBe(reason);
  });
});

test.each([
  ['a script without an interpreter line', 'echo hello\n'],
  ['an interpreter with arguments and blanks', '#! \t/bin/sh -e\n'],
  ['an empty file', ''],
])('%s may be started', (_, content) => {
  const path = file('fine', content);
  expect(resolveExecutable(path, '/')).toBe(path);
});
