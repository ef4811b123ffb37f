/** How a client comes back after a lost connection. */
export interface ReconnectOptions {
  /** Upper bound of the first delay, in milliseconds. */
  readonly initialDelayMs: number;
  /** Upper bound of every later delay. */
  readonly maxDelayMs: number;
  /** Growth of the upper bound per attempt, at least 1. */
  readonly factor: number;
  /** Share of each delay that is random, 0 (none) to 1 (all of it). */
  readonly jitter: number;
  /** Time from the loss after which the client gives up and closes. */
  readonly deadlineMs: number;
}

/** What `reconnect` means when it is not given: try for a minute, first after at most 100 ms. */
export const RECONNECT_DEFAULTS: ReconnectOptions = Object.freeze({
  initialDelayMs: 100,
  maxDelayMs: 5_000,
  factor: 2,
  jitter: 0.5,
  deadlineMs: 60_000,
});

/**
 * Fills in the defaults and checks the ranges.
 *
 * @returns the complete options, or `undefined` for `false`: the first loss closes the client.
 * @throws RangeError naming option, allowed range and value.
 */
export function resolveReconnect(options: Partial<ReconnectOptions> | false | undefined): ReconnectOptions | undefined {
  if (options === false) return undefined;
  const resolved = { ...RECONNECT_DEFAULTS, ...options };
  requireRange('initialDelayMs', resolved.initialDelayMs, 1, Number.MAX_SAFE_INTEGER);
  requireRange('maxDelayMs', resolved.maxDelayMs, resolved.initialDelayMs, Number.MAX_SAFE_INTEGER);
  requireRange('factor', resolved.factor, 1, 100);
  requireRange('jitter', resolved.jitter, 0, 1);
  requireRange('deadlineMs', resolved.deadlineMs, 0, Number.MAX_SAFE_INTEGER);
  return resolved;
}

function requireRange(option: string, value: number, min: number, max: number): void {
  if (value >= min && value <= max) return;
  throw new RangeError(`Cannot use reconnect options: ${option} is ${value}, allowed is ${min} to ${max}`);
}

/**
 * The delays of one loss: exponential, jittered, and over when the deadline has passed.
 *
 * Jitter spreads clients that lost the same daemon at the same moment. The last delay is cut so that one attempt
 * still happens at the deadline.
 */
export class Backoff {
  readonly #options: ReconnectOptions;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #startedMs: number;
  #attempt = 0;

  /** Starts the clock. `now` is monotonic milliseconds, `random` uniform in [0, 1). */
  constructor(options: ReconnectOptions, now: () => number, random: () => number) {
    this.#options = options;
    this.#now = now;
    this.#random = random;
    this.#startedMs = now();
  }

  /** Attempts asked for so far. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Milliseconds until the next attempt, or `undefined` once the deadline has passed. */
  next(): number | undefined {
    const leftMs = this.#startedMs + this.#options.deadlineMs - this.#now();
    if (leftMs <= 0) return undefined;
    const { initialDelayMs, factor, maxDelayMs, jitter } = this.#options;
    const upperMs = Math.min(maxDelayMs, initialDelayMs * factor ** this.#attempt);
    this.#attempt += 1;
    return Math.min(leftMs, upperMs * (1 - jitter * this.#random()));
  }
}
