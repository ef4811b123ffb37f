import { type CallerSignal, type Classify, outcomeOfError, outcomeOfResult } from './classify.ts';
import { RefusedError } from './errors.ts';
import type { Permit } from './permit.ts';
import type { Refusal } from './refusal.ts';

/** What goes with one `execute` of a breaker. */
export interface ExecuteOptions {
  /**
   * The caller's own signal. Aborted before, nothing is asked or called, and its reason is thrown; an error after it was
   * aborted says nothing about what was called, and is `ignored`.
   */
  readonly signal?: CallerSignal;
}

/** Calls `call` under a permit and settles it; throws a refusal as a `RefusedError`. */
export async function execute<T>(
  answer: Permit | Refusal,
  classify: Classify,
  call: () => T | PromiseLike<T>,
  options: ExecuteOptions | undefined,
): Promise<T> {
  if (!answer.ok) throw new RefusedError(answer);
  let result: T;
  try {
    result = await call();
  } catch (error) {
    answer.settle(outcomeOfError(classify, error, options?.signal));
    throw error;
  }
  answer.settle(outcomeOfResult(classify, result));
  return result;
}
