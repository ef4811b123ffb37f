import { describe, expect, it } from 'vitest';
import { isCommandId, isId, isSessionId } from './ids.ts';

describe('isSessionId', () => {
  it.each(['a', '7', 'build', 'Nightly-build_2.1', 'x'.repeat(128)])('accepts "%s"', (value) => {
    expect(isSessionId(value)).toBe(true);
  });

  it.each([
    '',
    '.',
    '..',
    '-rf',
    '_a',
    'a/b',
    'a b',
    'a\n',
    'ä',
    'a:b',
    '../etc',
    'x'.repeat(129),
    null,
    undefined,
    5,
    ['a'],
  ])('refuses %j, which is no safe path segment', (value) => {
    expect(isSessionId(value)).toBe(false);
  });
});

describe('isId', () => {
  it.each(['1', 'c-7', '018f:2a/b@host+1=', '.hidden', 'anon:1', 'x'.repeat(128)])('accepts "%s"', (value) => {
    expect(isId(value)).toBe(true);
  });

  it.each(['', 'a b', 'a"', "a'", 'a\u0000', 'a\n', 'é', '<b>', 'x'.repeat(129), 7, null, {}])(
    'refuses %j',
    (value) => {
      expect(isId(value)).toBe(false);
    },
  );
});

describe('isCommandId', () => {
  it('refuses the prefix that servers name commands without an id with', () => {
    expect(isCommandId('anon:1')).toBe(false);
    expect(isCommandId('anon:')).toBe(false);
  });

  it('accepts ids that only resemble the reserved prefix', () => {
    expect(isCommandId('anon')).toBe(true);
    expect(isCommandId('Anon:1')).toBe(true);
    expect(isCommandId('x-anon:1')).toBe(true);
  });
});
