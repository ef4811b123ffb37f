import type { Random } from '../random.ts';
import { mutateBytes } from './mutate-bytes.ts';

const CONTINUATION = 0x0;
const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;
const HEALTH = Buffer.from('{"type":"health_check","id":"h"}');

/** How a frame of a client differs from what RFC 6455 asks for. */
export interface FrameOptions {
  /** Whether it is the last of its message; default true. */
  readonly fin?: boolean;
  /** The three reserved bits; default 0. */
  readonly reserved?: number;
  /** Default true, as it must be. */
  readonly masked?: boolean;
  /** What the header says about the length, instead of the truth. */
  readonly claimedBytes?: bigint;
}

/** A frame of a client as bytes. */
export function clientFrame(opcode: number, payload: Buffer, options: FrameOptions = {}): Buffer {
  const { fin = true, reserved = 0, masked = true, claimedBytes = BigInt(payload.length) } = options;
  const header = Buffer.alloc(10);
  header[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  let length = 2;
  if (claimedBytes < 126n) {
    header[1] = Number(claimedBytes);
  } else if (claimedBytes < 65_536n) {
    header[1] = 126;
    header.writeUInt16BE(Number(claimedBytes), 2);
    length = 4;
  } else {
    header[1] = 127;
    header.writeBigUInt64BE(claimedBytes, 2);
    length = 10;
  }
  if (!masked) return Buffer.concat([header.subarray(0, length), payload]);
  header[1]! |= 0x80;
  // The mask may be any four bytes; zeros leave the payload as it is.
  return Buffer.concat([header.subarray(0, length), Buffer.alloc(4), payload]);
}

const VIOLATIONS: readonly ((random: Random) => Buffer)[] = [
  (random) => clientFrame(TEXT, HEALTH, { reserved: 1 + random.below(7) }),
  (random) => clientFrame(random.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), HEALTH),
  () => clientFrame(TEXT, HEALTH, { masked: false }),
  () => clientFrame(CONTINUATION, HEALTH),
  // A message within a message.
  () => Buffer.concat([clientFrame(TEXT, HEALTH, { fin: false }), clientFrame(TEXT, HEALTH)]),
  // Control frames may be neither cut nor long.
  (random) => clientFrame(random.pick([CLOSE, PING, PONG]), Buffer.from('xx'), { fin: false }),
  (random) => clientFrame(random.pick([CLOSE, PING, PONG]), random.bytes(126 + random.below(300))),
  (random) => clientFrame(CLOSE, random.bytes(1)),
  (random) => clientFrame(CLOSE, closePayload(random.pick([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535]))),
  () => clientFrame(CLOSE, Buffer.concat([closePayload(1000), Buffer.from([0xc3, 0x28])])),
  () => clientFrame(TEXT, Buffer.from([0xff, 0xfe, 0xc0, 0x80])),
  () => clientFrame(TEXT, Buffer.from([0xed, 0xa0, 0x80])),
  (random) =>
    clientFrame(random.pick([TEXT, BINARY]), HEALTH, {
      claimedBytes: random.pick([1n << 63n, (1n << 64n) - 1n, 1n << 53n, 1n << 31n, 30n << 20n]),
    }),
];

const ALLOWED: readonly ((random: Random) => Buffer)[] = [
  () => clientFrame(PING, Buffer.from('are you there')),
  () => clientFrame(PONG, Buffer.alloc(0)),
  // One message in many pieces, with a ping in between.
  () =>
    Buffer.concat([
      ...Array.from(HEALTH.subarray(0, -1), (byte, index) =>
        clientFrame(index === 0 ? TEXT : CONTINUATION, Buffer.from([byte]), { fin: false }),
      ),
      clientFrame(PING, Buffer.alloc(0)),
      clientFrame(CONTINUATION, HEALTH.subarray(-1)),
    ]),
  () => clientFrame(TEXT, Buffer.alloc(0)),
  () => clientFrame(BINARY, Buffer.alloc(0)),
  // Several pings at once; `ws` hangs up without a word on more than sixty.
  (random) => Buffer.concat(Array.from({ length: random.below(15) }, () => clientFrame(PING, Buffer.alloc(0)))),
];

/** Bytes for a connection after its handshake: frames, most of which break the rules of RFC 6455. */
export function fuzzedFraming(random: Random): Buffer {
  const parts = Array.from({ length: 1 + random.below(4) }, () =>
    random.pick(random.chance(0.5) ? VIOLATIONS : ALLOWED)(random),
  );
  const whole = Buffer.concat(parts);
  return random.chance(0.3) && whole.length > 0 ? mutateBytes(random, whole) : whole;
}

function closePayload(code: number): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return payload;
}
