import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeFrame,
  encodeFrame,
  FRAME_HEADER_BYTES,
  type Frame,
  writeFrameHeader,
  writeOutputHeader,
} from './frame.ts';

const MAX_CHANNEL = 2 ** 32 - 1;
const channel = fc.integer({ min: 0, max: MAX_CHANNEL });
const offset = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1));
const payload = fc.uint8Array({ maxLength: 300 });
/** Leaves room for the payload. */
const start = offset.map((value) => Math.min(value, Number.MAX_SAFE_INTEGER - 300));

const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ kind: fc.constant('output' as const), channel, offset: start, replay: fc.boolean(), payload }),
  fc.record({ kind: fc.constant('input' as const), channel, offset: start, payload }),
  fc.record({ kind: fc.constant('ack' as const), channel, offset }),
  fc
    .record({ channel, a: offset, b: offset })
    .filter(({ a, b }) => a !== b)
    .map(({ channel, a, b }) => ({ kind: 'gap' as const, channel, from: Math.min(a, b), to: Math.max(a, b) })),
  fc.record({ kind: fc.constant('end' as const), channel, offset }),
);

describe('frames', () => {
  it('come back from their bytes as they were', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        expect(decodeFrame(encodeFrame(frame))).toEqual({ ok: true, frame });
      }),
    );
  });

  it('have exactly one encoding: bytes that decode are the bytes their frame encodes to', () => {
    const nearlyFrames = fc.tuple(anyFrame, fc.array(fc.tuple(fc.nat(40), fc.nat(255)), { maxLength: 3 }));
    let accepted = 0;
    fc.assert(
      fc.property(nearlyFrames, ([frame, changes]) => {
        const bytes = encodeFrame(frame);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        const decoded = decodeFrame(bytes);
        if (!decoded.ok) return;
        accepted++;
        expect(encodeFrame(decoded.frame)).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
    expect(accepted).toBeGreaterThan(0);
  });

  it('are read from any bytes without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const decoded = decodeFrame(bytes);
        if (!decoded.ok) expect(decoded.error.code).toBe('INVALID_MESSAGE');
      }),
      { numRuns: 2000 },
    );
  });

  it('are read without copying the payload, also from the middle of a larger buffer', () => {
    const frame = encodeFrame({
      kind: 'output',
      channel: 1,
      offset: 0,
      replay: false,
      payload: Uint8Array.of(1, 2, 3),
    });
    const buffer = new Uint8Array(100);
    buffer.set(frame, 40);
    const decoded = decodeFrame(buffer.subarray(40, 40 + frame.length));
    if (!decoded.ok || decoded.frame.kind !== 'output') throw new Error('expected an output frame');
    buffer[40 + FRAME_HEADER_BYTES] = 99;
    expect([...decoded.frame.payload]).toEqual([99, 2, 3]);
    expect(decoded.frame.payload.buffer).toBe(buffer.buffer);
  });

  it('say in a fault what was found and what is allowed', () => {
    expect(decodeFrame(new Uint8Array(3))).toEqual({
      ok: false,
      error: { code: 'INVALID_MESSAGE', message: 'Cannot read byte frame: it is 3 bytes, a header is 16' },
    });
  });
});

describe('encodeFrame', () => {
  it.each([
    [{ kind: 'ack', channel: -1, offset: 0 }, 'Cannot encode ack frame: channel is -1, allowed 0 to 4294967295'],
    [
      { kind: 'ack', channel: 2 ** 32, offset: 0 },
      'Cannot encode ack frame: channel is 4294967296, allowed 0 to 4294967295',
    ],
    [{ kind: 'ack', channel: 1.5, offset: 0 }, 'Cannot encode ack frame: channel is 1.5, allowed 0 to 4294967295'],
    [{ kind: 'end', channel: 1, offset: -1 }, 'Cannot encode end frame: offset is -1, allowed 0 to 2^53 - 1'],
    [
      { kind: 'end', channel: 1, offset: 2 ** 53 },
      'Cannot encode end frame: offset is 9007199254740992, allowed 0 to 2^53 - 1',
    ],
    [{ kind: 'end', channel: 1, offset: Number.NaN }, 'Cannot encode end frame: offset is NaN, allowed 0 to 2^53 - 1'],
    [{ kind: 'gap', channel: 1, from: 5, to: 5 }, 'Cannot encode gap frame: it ends at 5, allowed above its start 5'],
    [
      { kind: 'input', channel: 1, offset: Number.MAX_SAFE_INTEGER, payload: Uint8Array.of(1) },
      'Cannot encode input frame: offset is 9007199254740991, allowed 0 to 2^53 - 1',
    ],
  ] as [Frame, string][])('refuses %j', (frame, message) => {
    expect(() => encodeFrame(frame)).toThrow(new RangeError(message));
  });
});

describe('writing headers in place', () => {
  it('makes the bytes of encodeFrame and touches nothing around them', () => {
    fc.assert(
      fc.property(channel, start, fc.boolean(), (channel, offset, replay) => {
        const expected = encodeFrame({ kind: 'output', channel, offset, replay, payload: new Uint8Array() });
        const positional = new Uint8Array(32).fill(0xee);
        writeOutputHeader(positional, 8, channel, offset, replay);
        const named = new Uint8Array(32).fill(0xee);
        writeFrameHeader(named, 8, { kind: 'output', channel, offset, replay });
        expect(positional.subarray(8, 24)).toEqual(expected);
        expect(named).toEqual(positional);
        expect(positional.subarray(0, 8).every((byte) => byte === 0xee)).toBe(true);
        expect(positional.subarray(24).every((byte) => byte === 0xee)).toBe(true);
      }),
    );
  });

  it('writes the header of every kind', () => {
    for (const kind of ['input', 'ack', 'end'] as const) {
      const header = new Uint8Array(FRAME_HEADER_BYTES);
      writeFrameHeader(header, 0, { kind, channel: 7, offset: 9 });
      expect(decodeFrame(header)).toMatchObject({ ok: true, frame: { kind, channel: 7, offset: 9 } });
    }
  });
});
