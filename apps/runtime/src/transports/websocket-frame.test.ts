import { expect, it } from 'vitest';
import { FRAME_OPCODES, headerBytes, MAX_HEADER_BYTES, writeHeader } from './websocket-frame.ts';

// From RFC 6455, section 5.7, and by hand for the edges between the three forms of the length.
it.each([
  [5, FRAME_OPCODES.text, '8105'],
  [0, FRAME_OPCODES.text, '8100'],
  [125, FRAME_OPCODES.binary, '827d'],
  [126, FRAME_OPCODES.binary, '827e007e'],
  [256, FRAME_OPCODES.binary, '827e0100'],
  [65_535, FRAME_OPCODES.binary, '827effff'],
  [65_536, FRAME_OPCODES.binary, '827f0000000000010000'],
  [0x1234_5678, FRAME_OPCODES.binary, '827f0000000012345678'],
])('writes the header of a payload of %i bytes', (payloadBytes, opcode, hex) => {
  const target = Buffer.alloc(MAX_HEADER_BYTES, 0xaa);
  const begin = writeHeader(target, MAX_HEADER_BYTES, payloadBytes, opcode);
  expect(target.subarray(begin).toString('hex')).toBe(hex);
  expect(headerBytes(payloadBytes)).toBe(hex.length / 2);
  expect(target.subarray(0, begin).every((byte) => byte === 0xaa)).toBe(true);
});
