import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

function lines(splitter: LineSplitter, ...pieces: readonly (string | Buffer)[]): string[] {
  const found: string[] = [];
  for (const piece of pieces) splitter.push(Buffer.from(piece), (line) => found.push(line));
  return found;
}

describe('LineSplitter', () => {
  it('finds the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.nat(40)), (text, cuts) => {
        const bytes = Buffer.from(text);
        const pieces: Buffer[] = [];
        let at = 0;
        for (const cut of cuts) {
          pieces.push(bytes.subarray(at, at + cut));
          at = Math.min(bytes.length, at + cut);
        }
        const whole = bytes.toString().split('\n').slice(0, -1);
        const expected = whole.map((line) => line.trim()).filter((line) => line !== '');
        expect(lines(new LineSplitter(1_000_000), ...pieces, bytes.subarray(at))).toEqual(expected);
      }),
    );
  });

  it('does not keep the bytes it was given', () => {
    const splitter = new LineSplitter(100);
    const found: string[] = [];
    const bytes = Buffer.from('half');
    splitter.push(bytes, (line) => found.push(line));
    bytes.fill('x');
    splitter.push(Buffer.from(' and half\n'), (line) => found.push(line));
    expect(found).toEqual(['half and half']);
  });

  it('refuses a line that is too long as soon as it is, with both sizes', () => {
    const splitter = new LineSplitter(2_000);
    expect(lines(splitter, Buffer.alloc(2_000, 'a'))).toEqual([]);
    expect(() => lines(splitter, 'a')).toThrow('Cannot read line: it has at least 2,001 bytes, 2,000 are allowed');
  });

  it('takes a line of exactly the limit', () => {
    expect(lines(new LineSplitter(4), 'aaaa\nbb', 'bb\n')).toEqual(['aaaa', 'bbbb']);
    expect(() => lines(new LineSplitter(4), 'aaaaa\n')).toThrow('5 bytes');
  });
});
