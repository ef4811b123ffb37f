import fc from 'fast-check';
import { expect, it } from 'vitest';
import { groupDigits } from './group-digits.ts';

it('groups the digits of a whole number as English does', () => {
  expect(groupDigits(10_485_760)).toBe('10,485,760');
  fc.assert(fc.property(fc.maxSafeInteger(), (value) => groupDigits(value) === value.toLocaleString('en')));
});
