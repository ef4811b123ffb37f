import { expect, test } from 'vitest';
import { FrameScanner } from './frame-scanner.ts';

function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  header[0] = 0x80 | opcode;
  header[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}

function scanned(stream: Buffer, chunkBytes: number, headBytes: (payloadBytes: number) => number): string[] {
  const seen: string[] = [];
  const scanner = new FrameScanner({
    headBytes: (_, payloadBytes) => headBytes(payloadBytes),
    onFrame: (opcode, payloadBytes, head) => seen.push(`${opcode}:${payloadBytes}:${head.toString('latin1')}`),
  });
  for (let at = 0; at < stream.length; at += chunkBytes) scanner.scan(stream.subarray(at, at + chunkBytes));
  return seen;
}

const payloads = ['', 'x', 'hello', 'y'.repeat(125), 'z'.repeat(126), 'ab'.repeat(5_000), 'q'.repeat(70_000)];
const stream = Buffer.concat(payloads.map((payload, index) => frame((index % 2) + 1, Buffer.from(payload))));

test.each([1, 2, 3, 7, 64, 4_096, stream.length])('frames are told alike when cut every %d bytes', (chunkBytes) => {
  expect(scanned(stream, chunkBytes, () => 4)).toEqual(
    payloads.map((payload, index) => `${(index % 2) + 1}:${payload.length}:${payload.slice(0, 4)}`),
  );
});

test('a sink that wants whole payloads gets them', () => {
  expect(scanned(stream, 1_000, (payloadBytes) => payloadBytes)).toEqual(
    payloads.map((payload, index) => `${(index % 2) + 1}:${payload.length}:${payload}`),
  );
});

test('a masked frame from a server is refused', () => {
  expect(() => scanned(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0]), 7, () => 0)).toThrow('masked');
});
