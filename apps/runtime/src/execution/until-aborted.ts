/**
 * Starts work and settles as it does, or rejects with the signal's reason as soon as that aborts, or `lastWordMs` later if the work says nothing until then. Work is not started
 * under a signal that has aborted already. Leaves no listener and no unhandled rejection behind.
 */
export async function untilAborted<T>(start: () => Promise<T>, signal: AbortSignal, lastWordMs = 0): Promise<T> {
  signal.throwIfAborted();
  const work = start();
  let abort = (): void => {};
  let timer: NodeJS.Timeout | undefined;
  const aborted = new Promise<never>((_, reject) => {
    const giveUp = (): void => reject(signal.reason);
    abort = () => {
      if (lastWordMs === 0) giveUp();
      else timer = setTimeout(giveUp, lastWordMs);
    };
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
    clearTimeout(timer);
  }
}
