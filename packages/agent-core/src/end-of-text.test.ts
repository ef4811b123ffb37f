import fc from 'fast-check';
import { expect, it } from 'vitest';
import { endOfText } from './end-of-text.ts';

it.each([
  ['', 4, '', false],
  ['abcd', 4, 'abcd', false],
  ['abcde', 4, 'bcde', true],
  ['äöü', 6, 'äöü', false],
  ['äöü', 5, 'öü', true],
  ['a😀b', 5, '😀b', true],
  ['a😀b', 4, 'b', true],
  ['äöü', 0, '', true],
])('of %j, %i bytes are %j', (text, maxBytes, end, truncated) => {
  expect(endOfText(text, maxBytes)).toEqual({ text: end, truncated });
});

it('gives the longest end that fits and begins with a whole character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(30), (text, maxBytes) => {
      const characters = Array.from(text);
      let expected = '';
      for (const character of characters.reverse()) {
        if (Buffer.byteLength(character + expected) > maxBytes) break;
        expected = character + expected;
      }
      expect(endOfText(text, maxBytes)).toEqual({ text: expected, truncated: expected !== text });
    }),
  );
});
