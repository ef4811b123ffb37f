import { describe, expect, it } from 'vitest';
import { closeCodes } from './close-codes.ts';
import { type ErrorCode, errorCodes, isErrorCode, isProtocolError, ProtocolError } from './errors.ts';

describe('the registry of error codes', () => {
  it.each(Object.entries(errorCodes))(
    'says for %s what it means, what helps, and what it is in HTTP',
    (code, entry) => {
      expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
      expect(entry.meaning).toMatch(/^[A-Z].*\.$/);
      expect(entry.remedy).toMatch(/^[A-Z].*\.$/);
      expect(entry.httpStatus).toBeGreaterThanOrEqual(400);
      expect(entry.httpStatus).toBeLessThan(600);
      if (entry.closeCode !== null) expect(Object.values(closeCodes)).toContain(entry.closeCode);
    },
  );

  it('calls every client error of HTTP a matter of the client and every server error not', () => {
    const clientSide: ErrorCode[] = [
      'INVALID_MESSAGE',
      'INVALID_COMMAND',
      'UNKNOWN_COMMAND',
      'FORBIDDEN',
      'SESSION_NOT_FOUND',
    ];
    for (const code of clientSide) expect(Math.floor(errorCodes[code].httpStatus / 100)).toBe(4);
    const serverSide: ErrorCode[] = ['INTERNAL', 'TIMEOUT', 'SHUTTING_DOWN', 'JOURNAL_UNAVAILABLE'];
    for (const code of serverSide) expect(Math.floor(errorCodes[code].httpStatus / 100)).toBe(5);
  });

  it('ends connections only for errors that concern the whole connection', () => {
    const ending = Object.entries(errorCodes).filter(([, { closeCode }]) => closeCode !== null);
    expect(Object.fromEntries(ending.map(([code, { closeCode }]) => [code, closeCode]))).toEqual({
      UNAUTHENTICATED: 1008,
      FORBIDDEN: 1008,
      MESSAGE_TOO_LARGE: 1009,
      CAPACITY_EXCEEDED: 1013,
      SHUTTING_DOWN: 1001,
      PROTOCOL_VERSION_UNSUPPORTED: 1002,
    });
  });

  it('cannot be changed by a user of the package', () => {
    expect(Object.isFrozen(errorCodes)).toBe(true);
    expect(Object.values(errorCodes).every(Object.isFrozen)).toBe(true);
  });
});

describe('isErrorCode', () => {
  it('knows the codes of the registry and nothing an object has besides', () => {
    expect(isErrorCode('TIMEOUT')).toBe(true);
    for (const value of ['timeout', 'toString', '__proto__', 'constructor', '', undefined, 5]) {
      expect(isErrorCode(value)).toBe(false);
    }
  });
});

describe('ProtocolError', () => {
  it('carries code, message and the parts it was given, and no others', () => {
    const cause = new Error('disk');
    const error = new ProtocolError('RATE_LIMITED', 'Cannot run input: too fast', { retryAfterMs: 20, cause });
    expect(error).toMatchObject({
      code: 'RATE_LIMITED',
      message: 'Cannot run input: too fast',
      retryAfterMs: 20,
      cause,
    });
    expect('details' in error).toBe(false);
    expect('timedOut' in error).toBe(false);
  });

  it('is recognised by its guard, also when another copy of the package made it', () => {
    const foreign = Object.assign(new Error('x'), { name: 'ProtocolError', code: 'TIMEOUT' });
    expect(isProtocolError(new ProtocolError('TIMEOUT', 'x'))).toBe(true);
    expect(isProtocolError(foreign)).toBe(true);
    expect(isProtocolError(new Error('x'))).toBe(false);
    expect(isProtocolError(Object.assign(new Error('x'), { code: 'TIMEOUT' }))).toBe(false);
    expect(isProtocolError({ name: 'ProtocolError', code: 'TIMEOUT' })).toBe(false);
    expect(isProtocolError(undefined)).toBe(false);
  });
});
