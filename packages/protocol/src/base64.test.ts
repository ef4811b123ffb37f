import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64, isBase64 } from './base64.ts';

describe('base64', () => {
  it('agrees with the platform on any bytes, in both directions', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = encodeBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(text)).toEqual(bytes);
      }),
    );
  });

  it('carries more bytes than one call of a function takes arguments', () => {
    const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251);
    const text = encodeBase64(bytes);
    expect(text).toBe(Buffer.from(bytes).toString('base64'));
    expect(decodeBase64(text)).toEqual(bytes);
  });

  it.each([
    'a',
    'ab',
    'abc',
    'ab=',
    'a===',
    '====',
    'ab=c',
    'ab c',
    'aGk\n',
    'a-b_',
    'aäcd',
    'abcd=',
    'abc=abc=',
    'ab\u0000=',
  ])('refuses %j', (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });

  it.each(['ab==', 'abd='])('refuses %j, whose last digit has bits left over', (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });

  it('decodes only what it would encode', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ABab01+/=- '), maxLength: 12 }), (text) => {
        const bytes = decodeBase64(text);
        expect(isBase64(text)).toBe(bytes !== undefined);
        if (bytes !== undefined) expect(encodeBase64(bytes)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });
});
