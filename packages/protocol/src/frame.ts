/** The length of every frame header in bytes. */
export const FRAME_HEADER_BYTES = 16;

/** What a byte frame is for; the numbers on the wire are 1 to 5 in this order. */
export type FrameKind = 'output' | 'input' | 'ack' | 'gap' | 'end';

/** Bytes the terminal produced, the first of them at `offset` of the stream; `replay` when they are from before the attach. */
export interface OutputFrame {
  readonly kind: 'output';
  readonly channel: number;
  readonly offset: number;
  readonly replay: boolean;
  readonly payload: Uint8Array;
}

/** Bytes for the terminal; `offset` counts the input bytes sent before them on this attachment. */
export interface InputFrame {
  readonly kind: 'input';
  readonly channel: number;
  readonly offset: number;
  readonly payload: Uint8Array;
}

/** Everything before `offset` is received: output by a client, which will not ask for it again, or input by the terminal. */
export interface AckFrame {
  readonly kind: 'ack';
  readonly channel: number;
  readonly offset: number;
}

/** The bytes from `from` up to, not including, `to` are lost to this reader; the next output starts at `to`. */
export interface GapFrame {
  readonly kind: 'gap';
  readonly channel: number;
  readonly from: number;
  readonly to: number;
}

/** The stream is over; `offset` is its final length. */
export interface EndFrame {
  readonly kind: 'end';
  readonly channel: number;
  readonly offset: number;
}

/** One byte frame. Channels are 0 to 4,294,967,295, offsets 0 to 2^53 − 1. */
export type Frame = OutputFrame | InputFrame | AckFrame | GapFrame | EndFrame;

/** The fields of a frame header. */
export interface FrameHeader {
  readonly kind: FrameKind;
  readonly channel: number;
  readonly offset: number;
  /** Only for output; default false. */
  readonly replay?: boolean;
}

/** Why bytes are no frame. */
export interface FrameFault {
  readonly code: 'INVALID_MESSAGE';
  readonly message: string;
}

/** What {@link decodeFrame} found. */
export type DecodedFrame =
  | { readonly ok: true; readonly frame: Frame }
  | { readonly ok: false; readonly error: FrameFault };

const KIND_NUMBERS: Readonly<Record<FrameKind, number>> = Object.freeze({
  output: 1,
  input: 2,
  ack: 3,
  gap: 4,
  end: 5,
});
const FLAG_REPLAY = 1;
const MAX_CHANNEL = 0xffff_ffff;
const TWO_POW_32 = 0x1_0000_0000;
/** The high half of 2^53 − 1: any larger one makes an offset that a JS number cannot hold. */
const MAX_HIGH_WORD = 0x1f_ffff;
const GAP_PAYLOAD_BYTES = 8;

/**
 * Writes the header of an output frame into `target` at `at` and allocates nothing.
 *
 * For the path every output byte takes: arguments are not checked, the caller guarantees 16 free bytes, a u32 channel and a
 * safe integer offset.
 */
export function writeOutputHeader(
  target: Uint8Array,
  at: number,
  channel: number,
  offset: number,
  replay: boolean,
): void {
  writeHeader(target, at, 1, replay ? FLAG_REPLAY : 0, channel, offset);
}

/**
 * Writes the header of any frame into `target` at `at`.
 *
 * Arguments are not checked, as in {@link writeOutputHeader}; {@link encodeFrame} checks.
 */
export function writeFrameHeader(target: Uint8Array, at: number, header: FrameHeader): void {
  const flags = header.replay === true ? FLAG_REPLAY : 0;
  writeHeader(target, at, KIND_NUMBERS[header.kind], flags, header.channel, header.offset);
}

/**
 * Encodes a frame into a new array of exactly its length; the payload is copied.
 *
 * Throws `RangeError` when a channel or offset cannot be represented, or when a gap is empty.
 */
export function encodeFrame(frame: Frame): Uint8Array {
  const offset = frame.kind === 'gap' ? frame.from : frame.offset;
  checkEncodable(frame, offset);
  const payloadBytes = frame.kind === 'gap' ? GAP_PAYLOAD_BYTES : 'payload' in frame ? frame.payload.byteLength : 0;
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + payloadBytes);
  const flags = frame.kind === 'output' && frame.replay ? FLAG_REPLAY : 0;
  writeHeader(bytes, 0, KIND_NUMBERS[frame.kind], flags, frame.channel, offset);
  if (frame.kind === 'gap') writeU64(bytes, FRAME_HEADER_BYTES, frame.to);
  else if ('payload' in frame) bytes.set(frame.payload, FRAME_HEADER_BYTES);
  return bytes;
}

/**
 * Reads one frame; never throws.
 *
 * The payload is a view on `bytes`, not a copy: it is valid for as long as the caller leaves `bytes` alone. Anything that this
 * version does not define — a kind, a flag, a reserved bit, an offset above 2^53 − 1, a payload where none belongs — is
 * malformed, so that a later version can give it a meaning.
 */
export function decodeFrame(bytes: Uint8Array): DecodedFrame {
  if (bytes.byteLength < FRAME_HEADER_BYTES) {
    return malformed(`it is ${bytes.byteLength} bytes, a header is ${FRAME_HEADER_BYTES}`);
  }
  const kind = bytes[0]!;
  if (kind < 1 || kind > 5) return malformed(`kind is ${kind}, allowed 1 to 5`);
  const flags = bytes[1]!;
  if (flags !== 0 && !(flags === FLAG_REPLAY && kind === KIND_NUMBERS.output)) {
    return malformed(`flags are ${flags}, allowed 0, and 1 on output`);
  }
  if (bytes[2] !== 0 || bytes[3] !== 0) return malformed('bytes 2 and 3 are reserved and not 0');
  if (readU32(bytes, 8) > MAX_HIGH_WORD) return malformed('the offset is above 2^53 - 1');
  const channel = readU32(bytes, 4);
  const offset = readU64(bytes, 8);
  const payload = bytes.subarray(FRAME_HEADER_BYTES);
  switch (kind) {
    case 1:
    case 2:
      if (payload.byteLength > Number.MAX_SAFE_INTEGER - offset) return malformed('the payload ends above 2^53 - 1');
      return kind === 1
        ? decoded({ kind: 'output', channel, offset, replay: flags === FLAG_REPLAY, payload })
        : decoded({ kind: 'input', channel, offset, payload });
    case 4:
      return decodeGap(channel, offset, payload);
    default:
      if (payload.byteLength !== 0) return malformed(`ack and end carry no payload, found ${payload.byteLength} bytes`);
      return decoded({ kind: kind === 3 ? 'ack' : 'end', channel, offset });
  }
}

function decodeGap(channel: number, from: number, payload: Uint8Array): DecodedFrame {
  if (payload.byteLength !== GAP_PAYLOAD_BYTES) {
    return malformed(`the payload of a gap is ${GAP_PAYLOAD_BYTES} bytes, found ${payload.byteLength}`);
  }
  if (readU32(payload, 0) > MAX_HIGH_WORD) return malformed('the end of the gap is above 2^53 - 1');
  const to = readU64(payload, 0);
  if (to <= from) return malformed('the gap is empty');
  return decoded({ kind: 'gap', channel, from, to });
}

function checkEncodable(frame: Frame, offset: number): void {
  if (!Number.isInteger(frame.channel) || frame.channel < 0 || frame.channel > MAX_CHANNEL) {
    throw new RangeError(`Cannot encode ${frame.kind} frame: channel is ${frame.channel}, allowed 0 to ${MAX_CHANNEL}`);
  }
  const last = frame.kind === 'gap' ? frame.to : 'payload' in frame ? offset + frame.payload.byteLength : offset;
  if (!Number.isSafeInteger(offset) || offset < 0 || !Number.isSafeInteger(last)) {
    throw new RangeError(`Cannot encode ${frame.kind} frame: offset is ${offset}, allowed 0 to 2^53 - 1`);
  }
  if (frame.kind === 'gap' && last <= offset) {
    throw new RangeError(`Cannot encode gap frame: it ends at ${last}, allowed above its start ${offset}`);
  }
}

function decoded(frame: Frame): DecodedFrame {
  return { ok: true, frame };
}

function malformed(found: string): DecodedFrame {
  return { ok: false, error: { code: 'INVALID_MESSAGE', message: `Cannot read byte frame: ${found}` } };
}

// Byte stores instead of a DataView: no view object per frame, and `target` may be any slice of a larger buffer.
function writeHeader(t: Uint8Array, at: number, kind: number, flags: number, channel: number, offset: number): void {
  t[at] = kind;
  t[at + 1] = flags;
  t[at + 2] = 0;
  t[at + 3] = 0;
  writeU32(t, at + 4, channel);
  writeU64(t, at + 8, offset);
}

function writeU64(target: Uint8Array, at: number, value: number): void {
  writeU32(target, at, Math.floor(value / TWO_POW_32));
  writeU32(target, at + 4, value % TWO_POW_32);
}

function writeU32(target: Uint8Array, at: number, value: number): void {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
}

function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) * TWO_POW_32 + readU32(bytes, at + 4);
}

function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
