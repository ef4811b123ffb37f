import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

function linesOf(chunks: readonly (string | Buffer)[], maxLineBytes = 1000): string[] {
  const splitter = new LineSplitter(maxLineBytes);
  const lines: string[] = [];
  for (const chunk of chunks) splitter.push(Buffer.from(chunk), (line) => lines.push(line));
  return lines;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What the heap holds, without what nobody needs any more. */
function heldBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('a line splitter', () => {
  it('hands out whole lines, without empty ones and without their ends', () => {
    expect(linesOf(['one\ntw', 'o\r\n\n\nthree\nfou'])).toEqual(['one', 'two', 'three']);
  });

  it('[AG09] refuses a line that is too long before it is whole, and holds nothing of it', () => {
    const splitter = new LineSplitter(4);
    const lines: string[] = [];
    const push = (text: string) => splitter.push(Buffer.from(text), (line) => lines.push(line));
    push('abc');
    expect(() => push('de')).toThrow('Cannot read line: it has at least 5 bytes, 4 are allowed');
    expect(() => push('fghij\nk')).toThrow(RangeError);
    push('abcd\n');
    expect(lines).toEqual(['abcd']);
  });

  it('[AG09] holds of a line about its bytes, however small the pieces are that it comes in', () => {
    const splitter = new LineSplitter(1_000_000);
    const piece = Buffer.from('x');
    const before = heldBytes();
    for (let count = 0; count < 400_000; count += 1) splitter.push(piece, () => {});
    // A piece that is kept as an object of its own takes a hundred bytes.
    expect(heldBytes() - before).toBeLessThan(20_000_000);
    let line = '';
    splitter.push(Buffer.from('\n'), (whole) => {
      line = whole;
    });
    expect(line).toBe('x'.repeat(400_000));
  });

  it('copies what it holds: the bytes may be used again', () => {
    const splitter = new LineSplitter(100);
    const lines: string[] = [];
    const bytes = Buffer.from('abc');
    splitter.push(bytes, (line) => lines.push(line));
    bytes.fill('x');
    splitter.push(Buffer.from('\n'), (line) => lines.push(line));
    expect(lines).toEqual(['abc']);
  });

  it('[AG09] gives the same lines however the stream is cut, characters torn apart included', () => {
    const text = fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }).map((line) => line.replaceAll('\n', '')));
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 7 }), { minLength: 1 }), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const chunks: Buffer[] = [];
        for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
          const length = cuts[cut % cuts.length]! + 1;
          chunks.push(bytes.subarray(at, at + length));
          at += length;
        }
        expect(linesOf(chunks)).toEqual(lines.map((line) => line.trim()).filter((line) => line !== ''));
      }),
    );
  });
});
