import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandContract } from './command-registry.ts';
import { isEventOf, serverEvent } from './events.ts';
import { serverReady } from './handshake.ts';
import { startupRecoverySummary } from './recovery-summary.ts';
import { failureResponse, successResponse } from './responses.ts';
import { decodeServerMessage } from './server-message.ts';

const decode = (value: unknown) => decodeServerMessage(JSON.stringify(value));
const timestamp = '2026-01-31T12:00:00.000Z';
const ready = serverReady({
  serverVersion: '0.1.0',
  connectionId: 'k-1',
  transports: ['websocket'],
  capabilities: [],
  limits: { maxMessageBytes: 10, maxPendingCommands: 1 },
  principal: { id: 'local', scopes: ['sessions:read'] },
});
const summary = startupRecoverySummary(commandContract('get_startup_recovery').exampleData);
const success = successResponse({ type: 'input', id: '7' }, { bytes: 3 });
const failure = failureResponse({ type: 'input', id: '7' }, { code: 'TIMEOUT', message: 'x', details: { a: 1 } });
const shutdown = serverEvent({ timestamp }, { type: 'server_shutdown', reason: 'signal', timeoutMs: 5 });

describe('decodeServerMessage', () => {
  const delta = { type: 'delta', channel: 1, seq: 5, delta: 'more' } as const;

  it.each([ready, summary, success, failure, shutdown, delta])('reads $type as it was built', (message) => {
    expect(decode(message)).toEqual({ ok: true, message });
  });

  it('keeps what a newer server adds to a message', () => {
    expect(decode({ ...success, costMs: 1, data: { bytes: 3, queued: 9 } })).toMatchObject({
      ok: true,
      message: { costMs: 1, data: { queued: 9 } },
    });
  });

  it('hands on messages and events of unknown type as unknown', () => {
    const newer = { type: 'shard_summary', data: {} };
    expect(decode(newer)).toEqual({
      ok: true,
      message: { type: 'unknown', originalType: 'shard_summary', raw: newer },
    });
    const event = { type: 'event', timestamp, event: { type: 'pty.recorded' } };
    expect(decode(event)).toEqual({ ok: true, message: { type: 'unknown', originalType: 'event', raw: event } });
    expect(decodeServerMessage('{"type":"__proto__"}')).toMatchObject({ ok: true, message: { type: 'unknown' } });
    expect(decode({ type: 'event', timestamp, event: { type: 'constructor' } })).toMatchObject({
      message: { type: 'unknown' },
    });
  });

  it('treats an error code of a newer server like INTERNAL and keeps the original', () => {
    expect(decode({ ...failure, code: 'QUOTA_SPENT' })).toEqual({
      ok: true,
      message: { ...failure, code: 'INTERNAL', details: { a: 1, originalCode: 'QUOTA_SPENT' } },
    });
  });

  it.each([
    ['command', { ...success, command: 5 }],
    ['success', { ...success, success: 'yes' }],
    ['data', { ...success, data: undefined }],
    ['data', { ...success, data: [] }],
    ['sessionVersion', { ...success, sessionVersion: '1' }],
    ['error', { ...failure, error: undefined }],
    ['code', { ...failure, code: 5 }],
    ['retryAfterMs', { ...failure, retryAfterMs: 'soon' }],
    ['details', { ...failure, details: 'x' }],
  ])('refuses a response with a wrong %s, and says which command waits for it', (field, message) => {
    expect(decode(message)).toMatchObject({
      ok: false,
      id: '7',
      error: { code: 'INVALID_MESSAGE', details: { field } },
    });
  });

  it.each([
    ['id', { ...success, id: 5 }],
    ['event', { ...shutdown, event: null }],
    ['event', { ...shutdown, event: { type: 5 } }],
    ['timestamp', { ...shutdown, timestamp: 5 }],
    ['sessionId', { ...shutdown, sessionId: 5 }],
    ['seq', { ...shutdown, seq: '5' }],
    ['correlationId', { ...shutdown, correlationId: 5 }],
    ['data', { type: 'server_ready' }],
    ['data', { type: 'startup_recovery_summary', data: 7 }],
    ['data.serverVersion', { ...ready, data: { ...ready.data, serverVersion: 1 } }],
    ['data.protocolVersion', { ...ready, data: { ...ready.data, protocolVersion: undefined } }],
    ['data.connectionId', { ...ready, data: { ...ready.data, connectionId: null } }],
    ['data.limits', { ...ready, data: { ...ready.data, limits: {} } }],
    ['data.principal', { ...ready, data: { ...ready.data, principal: { id: 'a' } } }],
    ['data.capabilities', { ...ready, data: { ...ready.data, capabilities: 'all' } }],
    ['data.memory', { ...ready, data: { ...ready.data, memory: { reachMs: 5 } } }],
    ['data.memory', { ...ready, data: { ...ready.data, memory: { runId: 'r', reachMs: '5' } } }],
  ])('refuses a message with a wrong %s', (field, message) => {
    const decoded = decode(message);
    expect(decoded).toMatchObject({ ok: false, error: { code: 'INVALID_MESSAGE', details: { field } } });
    expect(decoded).not.toHaveProperty('id');
  });

  it('never throws, whatever the text', () => {
    const fields = fc.dictionary(
      fc.constantFrom('id', 'command', 'success', 'data', 'error', 'code', 'event', 'timestamp'),
      fc.jsonValue(),
    );
    const types = fc.constantFrom('response', 'event', 'server_ready', 'bytes', '__proto__');
    const messages = fc.tuple(types, fields).map(([type, values]) => JSON.stringify({ ...values, type }));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), messages), (text) => {
        const decoded = decodeServerMessage(text);
        if (!decoded.ok) expect(decoded.error.code).toBe('INVALID_MESSAGE');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('isEventOf', () => {
  it('tells an event by its type', () => {
    expect(isEventOf(shutdown, 'server_shutdown')).toBe(true);
    expect(isEventOf(shutdown, 'pty.stopped')).toBe(false);
    expect(isEventOf(success, 'pty.stopped')).toBe(false);
  });
});
