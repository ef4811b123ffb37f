/** Who refused. */
export type Refuser = 'breaker' | 'limiter' | 'bulkhead' | 'bucket' | 'mutex';

/**
 * Why a call may not happen now.
 *
 * | reason | by | meaning |
 * |---|---|---|
 * | `open` | breaker | too much failed; nothing is let through until `retryAfterMs` has passed |
 * | `probing` | breaker | half open, and the calls that test the recovery are on their way |
 * | `limit` | limiter, bucket | the budget is used up |
 * | `too-large` | limiter, bucket | more was asked for than the whole budget: waiting does not help |
 * | `queue-full` | bulkhead, mutex | every slot and every place in the queue is taken |
 * | `keys-full` | mutex | as many keys are held as it may hold |
 * | `waited-too-long` | bulkhead, mutex | the longest wait that is allowed is over |
 * | `aborted` | bulkhead, mutex | the caller gave up waiting |
 * | `closed` | bulkhead, mutex | it takes no more work |
 */
export type RefusalReason =
  | 'open'
  | 'probing'
  | 'limit'
  | 'too-large'
  | 'queue-full'
  | 'keys-full'
  | 'waited-too-long'
  | 'aborted'
  | 'closed';

/**
 * The answer "not now", as a plain value: no `Error`, no stack, plain JSON.
 *
 * Every grant of this package has `ok: true`, every refusal `ok: false`, so that `if (!answer.ok)` tells them apart.
 */
export interface Refusal {
  readonly ok: false;
  readonly by: Refuser;
  /** The `name` option of whoever refused. */
  readonly name: string;
  readonly reason: RefusalReason;
  /** Milliseconds after which asking again makes sense, 0 or more; `null`: nobody can say. */
  readonly retryAfterMs: number | null;
}

const REFUSERS: readonly unknown[] = ['breaker', 'limiter', 'bulkhead', 'bucket', 'mutex'] satisfies Refuser[];

/** Whether a value is a refusal, by its shape, so that it also holds across two copies of the package. */
export function isRefusal(value: unknown): value is Refusal {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as Partial<Refusal>).ok === false &&
    REFUSERS.includes((value as Partial<Refusal>).by)
  );
}
