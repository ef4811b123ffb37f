import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matchesSessionPattern } from './session-pattern.ts';

it.each([
  ['*', 'anything', true],
  ['*', '', true],
  ['ci-*', 'ci-', true],
  ['ci-*', 'ci-7', true],
  ['ci-*', 'xci-7', false],
  ['*-log', 'build-log', true],
  ['*-log', 'build-logs', false],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'acb', false],
  ['build', 'build', true],
  ['build', 'build2', false],
  ['a.c', 'abc', false],
  ['', '', true],
  ['', 'a', false],
])('%s takes %s: %s', (pattern, sessionId, matches) => {
  expect(matchesSessionPattern(pattern, sessionId)).toBe(matches);
});

it('says the same as a regular expression', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-'), maxLength: 12 });
  const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '*', '*'), maxLength: 8 });
  fc.assert(
    fc.property(patterns, texts, (pattern, text) => {
      const expression = pattern.split('*').map((part) => part.replaceAll('.', '\\.'));
      expect(matchesSessionPattern(pattern, text)).toBe(new RegExp(`^${expression.join('.*')}$`).test(text));
    }),
    { numRuns: 2000 },
  );
});

it('is not slowed down by a pattern that is made to', () => {
  // As a naive expression this takes longer than anybody waits.
  expect(matchesSessionPattern(`${'a*'.repeat(60)}b`, 'a'.repeat(128))).toBe(false);
});
