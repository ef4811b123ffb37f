import { describe, expect, it } from 'vitest';
import { anyError, outcomeOfError, outcomeOfResult, timeoutOnly } from './classify.ts';
import { RefusedError } from './errors.ts';
import { isRefusal, type Refusal } from './refusal.ts';

const refusal: Refusal = { ok: false, by: 'limiter', name: 'x', reason: 'limit', retryAfterMs: null };
const unsure = () => {
  throw new Error('no idea');
};

describe('classification', () => {
  it('takes every error for a failure, unless told otherwise', () => {
    expect(anyError(new Error('x'), undefined)).toBe('failure');
    expect(anyError(undefined, 0)).toBe('success');
    expect(outcomeOfError(anyError, undefined, undefined)).toBe('failure');
    expect(outcomeOfError(timeoutOnly, undefined, undefined)).toBe('success');
  });

  it.each([
    [new DOMException('late', 'TimeoutError'), 'failure'],
    [Object.assign(new Error('late'), { code: 'ETIMEDOUT' }), 'failure'],
    [Object.assign(new Error('late'), { code: 'DEADLINE_EXCEEDED' }), 'failure'],
    [new Error('exit code 3'), 'success'],
    ['text', 'success'],
    [null, 'success'],
    [undefined, 'success'],
  ])('timeoutOnly takes %o for a %s', (error, outcome) => {
    expect(timeoutOnly(error, undefined)).toBe(outcome);
  });

  it('ignores what the caller cancelled and what a guard inside refused', () => {
    expect(outcomeOfError(anyError, new Error('x'), { aborted: true })).toBe('ignored');
    expect(outcomeOfError(anyError, new Error('x'), { aborted: false })).toBe('failure');
    expect(outcomeOfError(anyError, new RefusedError(refusal), undefined)).toBe('ignored');
    expect(outcomeOfResult(anyError, refusal)).toBe('ignored');
  });

  it('does not take every `ok: false` for a refusal', () => {
    expect(outcomeOfResult(anyError, { ok: false, status: 404 })).toBe('success');
    expect([isRefusal(null), isRefusal(1), isRefusal({ ok: true, by: 'limiter' })]).toEqual([false, false, false]);
  });

  it('asks a classifier about results, too', () => {
    expect(outcomeOfResult((_error, result) => (result === 500 ? 'failure' : 'success'), 500)).toBe('failure');
  });

  it('judges by the end of the call when the classifier throws', () => {
    expect(outcomeOfError(unsure, new Error('x'), undefined)).toBe('failure');
    expect(outcomeOfResult(unsure, 1)).toBe('success');
  });
});
