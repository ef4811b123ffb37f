import { ProtocolError } from '@sessiond/protocol/client';
import { expect, it } from 'vitest';
import { errorText } from './error-text.ts';

it.each([
  [0, 'in a second'],
  [1000, 'in a second'],
  [1001, 'in 2 seconds'],
  [59_001, 'in 60 seconds'],
  [120_000, 'in 120 seconds'],
  [120_001, 'in 3 minutes'],
])('says in words when to try again after %d ms: %s', (retryAfterMs, words) => {
  const error = new ProtocolError('RATE_LIMITED', 'Cannot run the command: the budget is used up', { retryAfterMs });
  expect(errorText(error)).toBe(`Cannot run the command: the budget is used up; try again ${words}`);
});

it('promises nothing where nobody knows', () => {
  expect(errorText(new ProtocolError('QUEUE_FULL', 'Cannot take the command'))).toBe('Cannot take the command');
  expect(errorText(new Error('Cannot write to stdout'))).toBe('Cannot write to stdout');
});

it('is one row that a terminal obeys nothing of, whatever a provider said', () => {
  const error = new ProtocolError('AGENT_FAILED', 'Cannot go on: \x1b]0;owned\x07<html>\n\x1b[2Jno\x9b</html>');
  expect(errorText(error)).toBe('Cannot go on: <html> no\u{fffd}</html>');
});
