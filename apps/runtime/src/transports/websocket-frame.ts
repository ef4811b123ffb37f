/** Bytes the largest header of a server's frame needs: two, and a length of eight. */
export const MAX_HEADER_BYTES = 10;

/** What a data frame carries (RFC 6455, section 5.2), with the bit that says it is complete. */
export const FRAME_OPCODES: { readonly text: 0x81; readonly binary: 0x82 } = Object.freeze({
  text: 0x81,
  binary: 0x82,
});

/** Bytes of the header in front of a payload of this size; a server does not mask. */
export function headerBytes(payloadBytes: number): number {
  return payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10;
}

/** Writes the header so that it ends right before `payloadAt`; returns where it begins. Needs `headerBytes` in front. */
export function writeHeader(target: Uint8Array, payloadAt: number, payloadBytes: number, opcode: number): number {
  if (payloadBytes < 126) {
    target[payloadAt - 2] = opcode;
    target[payloadAt - 1] = payloadBytes;
    return payloadAt - 2;
  }
  target[payloadAt - 1] = payloadBytes;
  target[payloadAt - 2] = payloadBytes >>> 8;
  if (payloadBytes < 65_536) {
    target[payloadAt - 4] = opcode;
    target[payloadAt - 3] = 126;
    return payloadAt - 4;
  }
  // Buffers stay far below 2^32 bytes, so the upper half of the length is zero.
  target[payloadAt - 3] = payloadBytes >>> 16;
  target[payloadAt - 4] = payloadBytes >>> 24;
  target.fill(0, payloadAt - 8, payloadAt - 4);
  target[payloadAt - 9] = 127;
  target[payloadAt - 10] = opcode;
  return payloadAt - 10;
}
