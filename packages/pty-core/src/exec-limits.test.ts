import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { checkExecLimits } from './exec-limits.ts';

const LONGEST = 'x'.repeat(131_071);

function kernelTakes(args: string[], env: Record<string, string>): boolean {
  return spawnSync('/bin/true', args, { env }).error === undefined;
}

function accepted(args: string[], env: Record<string, string>): boolean {
  try {
    checkExecLimits('/bin/true', args, env);
    return true;
  } catch {
    return false;
  }
}

test.each<[string, string[], Record<string, string>, boolean]>([
  ['the longest argument is accepted and the kernel takes it', [LONGEST], {}, true],
  ['an argument one byte longer is refused', [`${LONGEST}x`], {}, false],
  ['the longest variable is accepted and the kernel takes it', [], { A: LONGEST.slice(2) }, true],
  ['a variable one byte longer is refused', [], { A: LONGEST.slice(1) }, false],
  ['bytes are counted, not characters', ['é'.repeat(65_536)], {}, false],
  [
    'fifteen of the longest are accepted and the kernel takes them',
    Array.from({ length: 15 }, () => LONGEST),
    {},
    true,
  ],
  ['sixteen of the longest are refused', Array.from({ length: 16 }, () => LONGEST), {}, false],
])('%s', (_, args, env, expected) => {
  expect(accepted(args, env)).toBe(expected);
  if (expected) expect(kernelTakes(args, env)).toBe(true);
});

test('the kernel does refuse what is refused here', () => {
  expect(kernelTakes([`${LONGEST}x`], {})).toBe(false);
});

test('the message says what was found and what is allowed', () => {
  expect(() => checkExecLimits('/bin/true', [`${LONGEST}x`], {})).toThrow(
    'Cannot spawn: one argument or variable has 131,072 bytes, allowed are 131,071',
  );
  expect(() =>
    checkExecLimits(
      '/bin/true',
      Array.from({ length: 16 }, () => LONGEST),
      {},
    ),
  ).toThrow(/^Cannot spawn: arguments and environment have 2,097,\d+ bytes, allowed are 2,093,056$/);
});
