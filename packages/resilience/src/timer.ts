// Types of globals that every runtime has, but that no type library shared by all of them declares.
declare const setTimeout: (act: () => void, delayMs: number) => unknown;
declare const clearTimeout: (timer: unknown) => void;

/** The longest delay a timer of JavaScript can have; a longer one would fire at once. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;

/** Where timers come from; a test gives its own and needs not wait. */
export interface Timers {
  /** Calls `act` once, `delayMs` from now; what it returns is only given back to `clear`. */
  set(act: () => void, delayMs: number): unknown;
  /** Prevents that call; does nothing after it. */
  clear(timer: unknown): void;
}

/** The timers of the platform. They keep a process alive, because each stands for somebody who waits. */
export const platformTimers: Timers = Object.freeze({
  set: (act: () => void, delayMs: number): unknown => setTimeout(act, delayMs),
  clear: (timer: unknown): void => clearTimeout(timer),
});
