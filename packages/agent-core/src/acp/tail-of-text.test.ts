import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tailOfText } from './tail-of-text.ts';

it('gives the longest end that fits and begins with a whole character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(30), (text, maxBytes) => {
      const characters = Array.from(text);
      let expected = '';
      for (const character of characters.reverse()) {
        if (Buffer.byteLength(character + expected) > maxBytes) break;
        expected = character + expected;
      }
      expect(tailOfText(text, maxBytes)).toEqual({ text: expected, truncated: expected !== text });
    }),
  );
});
