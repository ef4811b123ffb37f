import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesMessage } from './bytes-message.ts';
import { decodeClientLine } from './client-line.ts';
import { encodeFrame, type Frame } from './frame.ts';
import { decodeServerLine } from './server-line.ts';

const input: Frame = { kind: 'input', channel: 1, offset: 3, payload: Uint8Array.of(0, 10, 255) };

describe('a line on stdio', () => {
  it.each([
    ['client', decodeClientLine],
    ['server', decodeServerLine],
  ] as const)('carries a byte frame from a %s', (_, decode) => {
    const line = JSON.stringify(bytesMessage(encodeFrame(input)));
    expect(line).not.toContain('\n');
    expect(decode(line)).toEqual({ ok: true, kind: 'frame', frame: input });
  });

  it('carries a message from a client', () => {
    expect(decodeClientLine('{"type":"list_sessions"}')).toEqual({
      ok: true,
      kind: 'message',
      message: { type: 'list_sessions' },
    });
    expect(decodeClientLine('{"type":"list_sessions","x":1}', { strict: true })).toMatchObject({ ok: false });
  });

  it('carries a message from a server', () => {
    const response = { type: 'response', command: 'input', success: true, data: { bytes: 1 } };
    expect(decodeServerLine(JSON.stringify(response))).toEqual({ ok: true, kind: 'message', message: response });
  });

  it.each([
    ['not base64', { frame: 'a' }],
    ['missing', {}],
    ['no text', { frame: 5 }],
    ['no frame', { frame: 'AAAA' }],
  ])('is refused when its frame is %s', (_, fields) => {
    const line = JSON.stringify({ type: 'bytes', ...fields });
    expect(decodeClientLine(line)).toMatchObject({ ok: false, command: 'bytes', error: { code: 'INVALID_MESSAGE' } });
    expect(decodeServerLine(line)).toMatchObject({ ok: false, error: { code: 'INVALID_MESSAGE' } });
  });

  it('is refused like any message when it is none', () => {
    expect(decodeClientLine('{"id":"7"}')).toMatchObject({ ok: false, id: '7' });
    expect(decodeServerLine('{"type":"response","id":"7"}')).toMatchObject({ ok: false, id: '7' });
  });

  it('never makes a reader throw', () => {
    const lines = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.string().map((frame) => JSON.stringify({ type: 'bytes', frame })),
      fc.uint8Array({ maxLength: 40 }).map((frame) => JSON.stringify(bytesMessage(frame))),
    );
    fc.assert(
      fc.property(lines, (line) => {
        decodeClientLine(line);
        decodeServerLine(line);
      }),
      { numRuns: 1000 },
    );
  });
});
