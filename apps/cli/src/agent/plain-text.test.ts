import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { PlainText, plainText } from './plain-text.ts';

it.each([
  ['words', 'words'],
  ['\x1b[31mred\x1b[0m', 'red'],
  ['\x1b]0;title\x07x\x1b]8;;http://a\x1b\\link', 'xlink'],
  ['\x1bPq\x1b\\\x1b_g\x1b\\\x1bcx\x1b(0y', 'xy'],
  ['a\r\nb\rc\n\td', 'a\nb\nc\n\td'],
  ['\x07\x00\x08\x7f\x9b', '^G^@^H\u{fffd}\u{fffd}'],
  ['\x1b', '^['],
  ['invoice\u202efdp.exe', 'invoice\u{fffd}fdp.exe'],
  ['漢字 é 👍', '漢字 é 👍'],
])('%j is printed as %j', (text, printed) => {
  expect(plainText(text)).toBe(printed);
});

it('knows sequences that are cut anywhere', () => {
  const text = 'a\x1b[1;31mb\x1b]0;t\x1b\\c\r\nd\x1b(Be';
  for (let cut = 0; cut <= text.length; cut += 1) {
    const plain = new PlainText();
    const printed = plain.push(text.slice(0, cut)) + plain.push(text.slice(cut)) + plain.end();
    expect(printed).toBe('abc\nde');
  }
});

it('holds back no more than a sequence can be long', () => {
  const plain = new PlainText();
  expect(plain.push('\x1b]')).toBe('');
  expect(plain.push('x'.repeat(2_000))).toContain('^[]xxx');
});

it('lets no escape and no other control character through, however it is cut', () => {
  const piece = fc.string({
    unit: fc.constantFrom('\x1b', '[', ']', 'm', '3', 'x', '\x07', '\\', '\r', '\n', '\u009b'),
  });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const plain = new PlainText();
      const printed = pieces.map((one) => plain.push(one)).join('') + plain.end();
      expect(printed).toMatch(/^[^\p{Cc}]*(?:\n[^\p{Cc}]*)*$/u);
    }),
  );
});
