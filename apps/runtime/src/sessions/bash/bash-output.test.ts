import type { BashEvent } from '@sessiond/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BashOutput } from './bash-output.ts';

type Stream = 'stdout' | 'stderr';
type Piece = BashEvent<'bash.output'>;

const bytesOf = ({ data, dataBase64 }: Piece): Buffer =>
  data === undefined ? Buffer.from(dataBase64!, 'base64') : Buffer.from(data);

/** Takes everything and tells the pieces. */
function pieces(output: BashOutput, reads: readonly (readonly [Stream, Uint8Array])[]): Piece[] {
  const taken = reads.flatMap(([stream, bytes]) => output.take(stream, bytes) ?? []);
  return [...taken, ...output.finish()];
}

it('puts a character together that a read has torn apart, whatever the other stream wrote meanwhile', () => {
  const output = new BashOutput(100);
  const [first, second] = [Buffer.from('ä€😀').subarray(0, 6), Buffer.from('ä€😀').subarray(6)];
  expect(
    pieces(output, [
      ['stdout', first],
      ['stderr', Buffer.from('!')],
      ['stdout', second],
    ]),
  ).toEqual([
    { type: 'bash.output', stream: 'stdout', offset: 0, bytes: 5, data: 'ä€' },
    { type: 'bash.output', stream: 'stderr', offset: 5, bytes: 1, data: '!' },
    { type: 'bash.output', stream: 'stdout', offset: 6, bytes: 4, data: '😀' },
  ]);
  expect(output.kept()).toEqual({ output: 'ä€!😀', start: 0, totalBytes: 10, truncated: false });
});

it('tells what is no text as the bytes it is, also in the answer, and a character that never became whole', () => {
  const output = new BashOutput(100);
  expect(
    pieces(output, [
      ['stdout', Buffer.from([0x61, 0xff])],
      ['stderr', Buffer.from([0xf0, 0x9f])],
    ]),
  ).toEqual([
    { type: 'bash.output', stream: 'stdout', offset: 0, bytes: 2, dataBase64: 'Yf8=' },
    { type: 'bash.output', stream: 'stderr', offset: 2, bytes: 2, dataBase64: '8J8=' },
  ]);
  expect(output.kept()).toMatchObject({ output: 'a\u{fffd}\u{fffd}', outputBase64: 'Yf/wnw==', start: 0 });
});

it('keeps the end, from the beginning of a character on', () => {
  const output = new BashOutput(5);
  pieces(output, [['stdout', Buffer.from('one €uro')]]);
  expect(output.kept()).toEqual({ output: 'uro', start: 7, totalBytes: 10, truncated: true });
});

it('keeps nothing when nothing is wanted', () => {
  const output = new BashOutput(0);
  pieces(output, [['stdout', Buffer.from('much')]]);
  expect(output.kept()).toEqual({ output: '', start: 4, totalBytes: 4, truncated: true });
});

it('passes every byte of each stream on in order, without a hole, and keeps the end of that, however it is read', () => {
  const read = fc.tuple(
    fc.constantFrom<Stream>('stdout', 'stderr'),
    fc.oneof(
      fc.uint8Array({ maxLength: 9 }),
      fc.string({ unit: 'grapheme', maxLength: 6 }).map((text) => new Uint8Array(Buffer.from(text))),
    ),
  );
  fc.assert(
    fc.property(fc.array(read, { maxLength: 12 }), fc.integer({ min: 0, max: 20 }), (reads, keepBytes) => {
      const output = new BashOutput(keepBytes);
      const told = pieces(output, reads);
      for (const stream of ['stdout', 'stderr'] as const) {
        const written = Buffer.concat(reads.flatMap(([from, bytes]) => (from === stream ? [bytes] : [])));
        expect(Buffer.concat(told.filter((piece) => piece.stream === stream).map(bytesOf))).toEqual(written);
      }
      const all = Buffer.concat(told.map(bytesOf));
      let offset = 0;
      for (const piece of told) {
        expect([piece.offset, piece.bytes]).toEqual([offset, bytesOf(piece).length]);
        offset += piece.bytes;
      }
      const { output: text, outputBase64, start, totalBytes, truncated } = output.kept();
      expect([totalBytes, truncated]).toEqual([all.length, all.length > keepBytes]);
      const kept = all.subarray(start);
      expect(outputBase64 === undefined ? Buffer.from(text) : Buffer.from(outputBase64, 'base64')).toEqual(kept);
      expect(start).toBeGreaterThanOrEqual(all.length - keepBytes);
      expect(start - Math.max(0, all.length - keepBytes)).toBeLessThanOrEqual(3);
    }),
  );
});
