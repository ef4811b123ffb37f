import { isRefusedError } from './errors.ts';
import type { Outcome } from './outcome.ts';
import { isRefusal } from './refusal.ts';

/**
 * Decides what the end of a call says about the health of what was called: `error` is what it threw, or else `undefined`
 * and `result` is what it returned. A thrown `undefined` is shown as `null`.
 *
 * Is not asked about calls that their caller cancelled or that an inner guard refused: those are `ignored`. If it throws
 * itself, an error counts as `failure` and a result as `success`.
 */
export type Classify = (error: unknown, result: unknown) => Outcome;

/** As much of an `AbortSignal` as is needed to see that the caller gave up. */
export interface CallerSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

/** Every error is a failure, every result a success. The default. */
export const anyError: Classify = (error) => (error === undefined ? 'success' : 'failure');

/**
 * Only a timeout is a failure: an error named `TimeoutError`, as `AbortSignal.timeout` gives, or one whose `code` is
 * `ETIMEDOUT`, or `DEADLINE_EXCEEDED`, as `Deadline` gives. Every other error is a success: whoever answers, even with an error, is alive.
 */
export const timeoutOnly: Classify = (error) => (isTimeout(error) ? 'failure' : 'success');

function isTimeout(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { name, code } = error as { name?: unknown; code?: unknown };
  return name === 'TimeoutError' || code === 'ETIMEDOUT' || code === 'DEADLINE_EXCEEDED';
}

/** The outcome of a call that threw. */
export function outcomeOfError(classify: Classify, error: unknown, signal: CallerSignal | undefined): Outcome {
  if (signal?.aborted === true || isRefusedError(error)) return 'ignored';
  try {
    // `undefined` would say that nothing was thrown.
    return classify(error === undefined ? null : error, undefined);
  } catch {
    return 'failure';
  }
}

/** The outcome of a call that returned. A refusal that an inner guard gave as a value is no success. */
export function outcomeOfResult(classify: Classify, result: unknown): Outcome {
  if (isRefusal(result)) return 'ignored';
  try {
    return classify(undefined, result);
  } catch {
    return 'success';
  }
}
