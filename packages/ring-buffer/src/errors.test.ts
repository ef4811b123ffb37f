import { expect, it } from 'vitest';
import { CommitOutOfRangeError, InvalidCapacityError, isRingError, OffsetOutOfRangeError } from './errors.ts';

it('says what was attempted, what was found and what is allowed', () => {
  expect(new InvalidCapacityError(-1, 'allowed are integers of at least 0').message).toBe(
    'Cannot create ring: capacity is -1, allowed are integers of at least 0',
  );
  expect(new OffsetOutOfRangeError('read from ring', 12_345, 20_000, 30_000).message).toBe(
    'Cannot read from ring: offset is 12,345, allowed are integers from 20,000 to 30,000',
  );
  expect(new CommitOutOfRangeError(9_000, 4_096).message).toBe(
    'Cannot commit to ring: 9,000 bytes, allowed are integers from 0 to 4,096 (reserved)',
  );
});

it('carries the numbers as fields, for callers that decide by them', () => {
  expect(new OffsetOutOfRangeError('view ring', 1, 2, 3)).toMatchObject({
    name: 'OffsetOutOfRangeError',
    code: 'OFFSET_OUT_OF_RANGE',
    offset: 1,
    from: 2,
    to: 3,
  });
  expect(new CommitOutOfRangeError(5, 4)).toMatchObject({ code: 'COMMIT_OUT_OF_RANGE', bytes: 5, reservedBytes: 4 });
  expect(new InvalidCapacityError(1.5, '')).toMatchObject({ code: 'INVALID_CAPACITY', capacity: 1.5 });
});

it('knows its own errors by their code, also those of another copy of the package', () => {
  expect(isRingError(new CommitOutOfRangeError(1, 0))).toBe(true);
  expect(isRingError(Object.assign(new Error('from elsewhere'), { code: 'INVALID_CAPACITY' }))).toBe(true);
  expect(isRingError(Object.assign(new Error('no such file'), { code: 'ENOENT' }))).toBe(false);
  expect(isRingError(new Error('no code'))).toBe(false);
  expect(isRingError({ code: 'INVALID_CAPACITY' })).toBe(false);
});
