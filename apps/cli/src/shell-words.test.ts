import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { execLine } from './shell-words.ts';

const AWKWARD = [
  '',
  ' ',
  'a b',
  "it's",
  '"',
  '$HOME',
  '`id`',
  '\\',
  '\n',
  '*',
  '~',
  '!x',
  'ä',
  "''",
  '-n',
  '#',
  '&&',
  '\t',
];

it.each(['/bin/bash', '/bin/sh'])('gives a program its arguments as they are, through %s', (shell) => {
  const line = execLine(['printf', '%s\\0', ...AWKWARD]);
  expect(spawnSync(shell, ['-c', line]).stdout.toString().split('\0').slice(0, -1)).toEqual(AWKWARD);
});

it('lets the program take the place of the shell', () => {
  expect(execLine(['make', '-j4'])).toBe(`exec 'make' '-j4'`);
});

it('refuses what the shell would take for an option', () => {
  expect(() => execLine(['-c', 'x'])).toThrow('begin with a dash');
});
