import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TextScanner } from './text-scanner.ts';

it('finds the first occurrence, however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'b', 'ab', 'aab'), { maxLength: 40 }),
      fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 6 }),
      (chunks, needle) => {
        const scanner = new TextScanner(needle);
        const whole = chunks.join('');
        let offset = 0;
        let found: unknown;
        for (const chunk of chunks) {
          found ??= scanner.scan(Buffer.from(chunk), offset);
          offset += chunk.length;
        }
        const at = whole.indexOf(needle);
        expect(found).toEqual(at === -1 ? undefined : { from: at, to: at + needle.length });
      },
    ),
  );
});

it('finds nothing across missing bytes', () => {
  const scanner = new TextScanner('ab');
  expect(scanner.scan(Buffer.from('a'), 0)).toBeUndefined();
  scanner.reset();
  expect(scanner.scan(Buffer.from('b'), 5)).toBeUndefined();
});
