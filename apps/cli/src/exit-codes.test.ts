import { ConnectError, ConnectionLostError } from '@sessiond/client';
import { type ErrorCode, errorCodes, ProtocolError } from '@sessiond/protocol/client';
import { TokenFileError } from '@sessiond/token-file/errors';
import { expect, it } from 'vitest';
import { Interrupted, UsageError } from './errors.ts';
import { EXIT_CODE_HELP, EXIT_CODES, exitCodeOf, exitCodeOfChild } from './exit-codes.ts';

it('tells the decisions of a script apart', () => {
  expect(exitCodeOf(new UsageError('x'))).toBe(2);
  expect(exitCodeOf(new Interrupted('SIGTERM'))).toBe(143);
  expect(exitCodeOf(new ConnectError('here', 'unreachable', 'x'))).toBe(69);
  expect(exitCodeOf(new ConnectError('here', 'busy', 'x'))).toBe(75);
  expect(exitCodeOf(new ConnectError('here', 'unauthenticated', 'x'))).toBe(77);
  expect(exitCodeOf(new ConnectError('here', 'protocol', 'x'))).toBe(76);
  expect(exitCodeOf(new ConnectionLostError('x'))).toBe(69);
  expect(exitCodeOf(new ProtocolError('SESSION_NOT_FOUND', 'x'))).toBe(66);
  expect(exitCodeOf(new ProtocolError('TIMEOUT', 'x'))).toBe(124);
  expect(exitCodeOf(new ProtocolError('INVALID_STATE', 'x'))).toBe(65);
  expect(exitCodeOf(new TokenFileError('NOT_FOUND', 'x'))).toBe(65);
  expect(exitCodeOf(new TokenFileError('NOT_PRIVATE', 'x'))).toBe(77);
  expect(exitCodeOf(new TokenFileError('LOCKED', 'x'))).toBe(75);
  expect(exitCodeOf(new TypeError('a defect'))).toBe(70);
});

it('has every code that it gives in the table of --help', () => {
  const given = (Object.keys(errorCodes) as ErrorCode[]).map((code) => exitCodeOf(new ProtocolError(code, 'x')));
  for (const code of new Set([...given, ...Object.values(EXIT_CODES)])) {
    expect(EXIT_CODE_HELP).toMatch(new RegExp(`^  ${code} `, 'm'));
  }
});

it('passes the status of a program on, 128+n for signals', () => {
  const reason = 'exited';
  expect(exitCodeOfChild({ exitCode: 3, signal: null, reason })).toBe(3);
  expect(exitCodeOfChild({ exitCode: null, signal: 'SIGSEGV', reason })).toBe(139);
  expect(exitCodeOfChild({ exitCode: null, signal: 'SIG34', reason })).toBe(162);
  expect(exitCodeOfChild({ exitCode: null, signal: null, reason })).toBe(1);
  expect(exitCodeOfChild(undefined)).toBe(1);
});
