import { expect, test } from 'vitest';
import { CapacityExceededError, InputQueueFullError, InvalidOptionError, isPtyError, SpawnError } from './errors.ts';

test('an error of this package is known by its code, not by its class', () => {
  const foreignCopy = Object.assign(new Error('Cannot spawn: …'), { code: 'SPAWN_FAILED' });
  expect(isPtyError(foreignCopy)).toBe(true);
  expect(isPtyError(new SpawnError('cwd-not-found', 'x'))).toBe(true);
});

test('anything else is none', () => {
  for (const value of [
    new Error('x'),
    Object.assign(new Error('x'), { code: 'ENOENT' }),
    { code: 'SPAWN_FAILED' },
    null,
  ]) {
    expect(isPtyError(value)).toBe(false);
  }
});

test('messages name the attempted action, what was found and what is allowed', () => {
  expect(new InputQueueFullError(9_000, 1_000_000, 1_048_576).message).toBe(
    'Cannot queue input: 9,000 bytes do not fit, 1,000,000 of 1,048,576 bytes are waiting for the child',
  );
  expect(new InvalidOptionError('cols', 0, 'an integer from 1 to 10,000').message).toBe(
    'Invalid cols: found 0, allowed is an integer from 1 to 10,000',
  );
  expect(new CapacityExceededError(300).message).toBe('Cannot spawn: 300 PTYs are alive, which is the most allowed');
});

test('a message never carries a whole long value or an object', () => {
  expect(new InvalidOptionError('overflow', 'x'.repeat(1_000), 'y').message.length).toBeLessThan(120);
  expect(new InvalidOptionError('overflow', { secret: 1 }, 'y').message).toContain('a value of type object');
  expect(new InvalidOptionError('overflow', null, 'y').message).toContain('a value of type null');
});
