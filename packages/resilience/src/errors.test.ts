import { describe, expect, it } from 'vitest';
import {
  checkInteger,
  checkNumber,
  InvalidOptionError,
  isRefusedError,
  isResilienceError,
  RefusedError,
} from './errors.ts';
import type { Refusal } from './refusal.ts';

const refusal: Refusal = { ok: false, by: 'breaker', name: 'model', reason: 'open', retryAfterMs: 1_234.5 };

describe('errors', () => {
  it('say what was refused, by whom, why and for how long', () => {
    const error = new RefusedError(refusal);
    expect(error.message).toBe('Cannot execute: breaker model refused (open, retry after 1,235 ms)');
    expect(error).toMatchObject({ name: 'RefusedError', code: 'REFUSED', refusal });
    expect(new RefusedError({ ...refusal, retryAfterMs: null }).message).toBe(
      'Cannot execute: breaker model refused (open)',
    );
  });

  it('are known by their code, also when they come from another copy of the package', () => {
    const copy = Object.assign(new Error('from elsewhere'), { code: 'REFUSED', refusal });
    expect([isResilienceError(copy), isRefusedError(copy)]).toEqual([true, true]);
    const option = new InvalidOptionError('create x', 'y', null, 'allowed is z');
    expect([isResilienceError(option), isRefusedError(option)]).toEqual([true, false]);
    expect([isResilienceError(new Error('x')), isResilienceError({ code: 'REFUSED' })]).toEqual([false, false]);
  });

  it.each([
    [0, Number.MIN_VALUE, 1, 'allowed are numbers above 0 up to 1'],
    [Number.POSITIVE_INFINITY, 1, Number.MAX_VALUE, 'allowed are numbers of at least 1 and finite'],
    [-1, 0, Number.POSITIVE_INFINITY, 'allowed are numbers of at least 0'],
    [Number.NaN, 0, 10, 'allowed are numbers from 0 to 10'],
  ])('say that %d does not lie between %d and %d', (value, min, max, allowed) => {
    const check = () => checkNumber('create x', 'ms', value, min, max);
    expect(check).toThrow(InvalidOptionError);
    expect(check).toThrow(`Cannot create x: ms is ${value.toLocaleString('en-US')}, ${allowed}`);
    expect(() => checkNumber('create x', 'ms', Math.max(min, 1), min, max)).not.toThrow();
  });

  it('say that a value is no integer, or no number at all', () => {
    expect(() => checkInteger('create x', 'count', 1.5, 1)).toThrow('count is 1.5, allowed are integers of at least 1');
    expect(() => checkInteger('create x', 'count', '1' as never, 1)).toThrow('count is of type string');
    expect(() => checkInteger('create x', 'count', 11, 1, 10)).toThrow('allowed are integers from 1 to 10');
    expect(() => checkInteger('create x', 'count', 1, 1)).not.toThrow();
  });
});
