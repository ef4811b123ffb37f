import fc from 'fast-check';
import { expect, it } from 'vitest';
import { utf8Bytes } from './utf8-bytes.ts';

it('counts what an encoder writes, halves of pairs included', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\ud834', '\udd1e')) }),
      (text) => {
        expect(utf8Bytes(text)).toBe(Buffer.byteLength(text));
      },
    ),
  );
});
