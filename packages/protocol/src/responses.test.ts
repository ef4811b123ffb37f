import { describe, expect, it } from 'vitest';
import { ProtocolError } from './errors.ts';
import { errorFromResponse, failureResponse, successResponse } from './responses.ts';

describe('successResponse', () => {
  it('repeats id and type of the command and leaves out what has no value', () => {
    expect(Object.entries(successResponse({ type: 'input', id: '7' }, { bytes: 3 }))).toEqual([
      ['type', 'response'],
      ['id', '7'],
      ['command', 'input'],
      ['success', true],
      ['data', { bytes: 3 }],
    ]);
    expect('id' in successResponse({ type: 'input', id: undefined }, { bytes: 3 })).toBe(false);
  });

  it('says the version of the session, zero included, and that the outcome is from memory', () => {
    const response = successResponse({ type: 'input' }, { bytes: 0 }, { sessionVersion: 0, replayed: true });
    expect(response).toMatchObject({ sessionVersion: 0, replayed: true });
  });
});

describe('failureResponse', () => {
  it('carries code and sentence of the fault and leaves out what has no value', () => {
    const fault = { code: 'INTERNAL', message: 'Cannot run input: defect' } as const;
    expect(Object.entries(failureResponse({ type: 'input' }, fault))).toEqual([
      ['type', 'response'],
      ['command', 'input'],
      ['success', false],
      ['error', 'Cannot run input: defect'],
      ['code', 'INTERNAL'],
    ]);
  });

  it('names a message without a readable type "unknown"', () => {
    expect(failureResponse({}, { code: 'INVALID_MESSAGE', message: 'x' }).command).toBe('unknown');
  });

  it('keeps the cause and the stack of an error off the wire', () => {
    const error = new ProtocolError('TIMEOUT', 'Cannot run wait_for: 50 ms are over', {
      cause: new Error('/home/secret'),
      timedOut: true,
      retryAfterMs: 0,
      details: { field: 'x' },
    });
    const text = JSON.stringify(failureResponse({ type: 'wait_for', id: '1' }, error));
    expect(JSON.parse(text)).toEqual({
      type: 'response',
      id: '1',
      command: 'wait_for',
      success: false,
      error: 'Cannot run wait_for: 50 ms are over',
      code: 'TIMEOUT',
      retryAfterMs: 0,
      details: { field: 'x' },
      timedOut: true,
    });
  });
});

describe('errorFromResponse', () => {
  it('makes the error the server answered with', () => {
    const sent = new ProtocolError('RATE_LIMITED', 'Cannot run input: too fast', {
      retryAfterMs: 20,
      details: { a: 1 },
    });
    const received = errorFromResponse(failureResponse({ type: 'input' }, sent));
    expect(received).toBeInstanceOf(ProtocolError);
    expect(received).toMatchObject({ code: sent.code, message: sent.message, retryAfterMs: 20, details: { a: 1 } });
    expect('timedOut' in received).toBe(false);
  });
});
