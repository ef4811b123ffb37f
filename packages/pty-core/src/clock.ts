/** Where a PTY takes its time from; a test gives its own and needs not wait. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /**
   * Calls `act` once, `delayMs` from now. A `background` timer does not keep the process alive.
   * @returns how to prevent it.
   */
  after(delayMs: number, act: () => void, options?: { readonly background?: boolean }): () => void;
}

/** The time of this process. */
export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  after: (delayMs: number, act: () => void, { background = false }: { readonly background?: boolean } = {}) => {
    const timer = setTimeout(act, delayMs);
    if (background) timer.unref();
    return () => clearTimeout(timer);
  },
});
