/** How long a wait may last, and who may end it early. */
export interface Limits {
  /** Ends the wait: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the wait after this many milliseconds; `0` means at once. */
  readonly timeoutMs: number;
  /** Makes the error of a wait that timed out. */
  readonly onTimeout: () => Error;
  /** Told when the wait ended by signal or timeout, so that the work behind it can be given up. */
  readonly onAbandon?: () => void;
}

/**
 * A promise that always settles: by its executor, by the deadline or by the signal, whichever is first.
 *
 * Timer and listener are gone once it has settled. The timer keeps the process alive, because somebody waits for it. The executor
 * may lift the deadline, when from now on somebody else sees to it that the work ends.
 */
export function within<T>(
  limits: Limits,
  executor: (resolve: (value: T) => void, reject: (error: unknown) => void, liftDeadline: () => void) => void,
): Promise<T> {
  const { signal, timeoutMs } = limits;
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted) {
      limits.onAbandon?.();
      reject(signal.reason);
      return;
    }
    const abandon = (error: unknown) => {
      finish();
      limits.onAbandon?.();
      reject(error);
    };
    const onAbort = () => abandon(signal?.reason);
    const timer = setTimeout(() => abandon(limits.onTimeout()), Math.min(timeoutMs, MAX_TIMER_MS));
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    executor(
      (value) => {
        finish();
        resolve(value);
      },
      (error) => {
        finish();
        reject(error);
      },
      () => clearTimeout(timer),
    );
  });
}

/** A longer delay would overflow the timer and fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
