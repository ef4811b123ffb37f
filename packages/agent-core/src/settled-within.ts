import type { Clock } from './clock.ts';

/** Resolves when `promise` has resolved or the time is over, whichever is first; leaves no timer behind. */
export async function settledWithin(clock: Clock, ms: number, promise: Promise<unknown>): Promise<void> {
  let cancel!: () => void;
  const timeout = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve);
  });
  await Promise.race([promise, timeout]);
  cancel();
}
