/** Where time comes from; a test gives its own and needs not wait. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /**
   * Calls `act` once, `delayMs` from now, at most 2,147,483,647. A `background` timer does not keep the process alive.
   * @returns how to prevent it.
   */
  after(delayMs: number, act: () => void, options?: { readonly background?: boolean }): () => void;
}

/** The longest delay a timer can have; a longer one would fire at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

/** The time of this process. */
export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  after: (delayMs: number, act: () => void, { background = false }: { readonly background?: boolean } = {}) => {
    const timer = setTimeout(act, delayMs);
    if (background) timer.unref();
    return () => clearTimeout(timer);
  },
});
