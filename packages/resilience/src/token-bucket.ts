import { type Clock, monotonicNow } from './clock.ts';
import { checkNumber, InvalidOptionError } from './errors.ts';
import { type Hook, HookErrors, notify } from './observe.ts';
import type { Refusal } from './refusal.ts';

const DEFAULTS = Object.freeze({ name: 'bucket' });

/** How a `TokenBucket` fills. */
export interface TokenBucketOptions {
  /** Who refuses, in refusals and snapshots. Default `'bucket'`. */
  readonly name?: string;
  /** Tokens that come back per second, such as bytes: a number from 0.001 to 1e15. */
  readonly ratePerSecond: number;
  /** Tokens of a full bucket, which is how many can be taken at once: a number from 0.001 to 1e15. A new bucket is full. */
  readonly burst: number;
  /** Monotonic milliseconds. Default `performance.now`. */
  readonly now?: Clock;
  readonly hooks?: TokenBucketHooks;
}

/** What a bucket tells its owner. */
export interface TokenBucketHooks {
  /** A take was refused; nothing was taken. */
  readonly onRefused?: Hook<Refusal>;
}

/** The tokens were taken. */
export interface TokenGrant {
  readonly ok: true;
}

/** The state of a bucket as plain JSON. */
export interface TokenBucketSnapshot {
  readonly name: string;
  readonly ratePerSecond: number;
  readonly burst: number;
  /** Tokens that can be taken now. */
  readonly available: number;
  /** Tokens ever taken. */
  readonly taken: number;
  /** Takes ever refused. */
  readonly refused: number;
  readonly hookErrors: number;
}

const GRANT: TokenGrant = Object.freeze({ ok: true });

/** Added where rounding would make a wait too short; more than a clock below 10^12 ms can be wrong by. */
const ROUNDING_MS = 0.001;

/** Indexes of what a bucket remembers; in an array of doubles, because fields that turn from integers to doubles are slow. */
const LATEST = 0;
const MISSING = 1;

/**
 * A rate with room for a burst: within any time `t` at most `burst + ratePerSecond × t` tokens are granted.
 *
 * It remembers how much was missing at the latest moment it was looked at: the generic cell rate algorithm in its form
 * as a continuous-state leaky bucket (ITU-T I.371). Nothing drips, there is no timer, and a take costs some arithmetic
 * and no allocation. With a clock of whole milliseconds, whole tokens at a whole number per millisecond are counted
 * without rounding. A take is all or nothing, and a refused one takes nothing. A clock that goes back counts as one that
 * stands still.
 */
export class TokenBucket {
  readonly #name: string;
  readonly #ratePerSecond: number;
  readonly #ratePerMs: number;
  readonly #burst: number;
  readonly #now: Clock;
  readonly #onRefused: Hook<Refusal> | undefined;
  readonly #hookErrors = new HookErrors();
  readonly #tooLarge: Refusal;
  readonly #level: Float64Array;
  #taken = 0;
  #refused = 0;

  /** @throws InvalidOptionError if `ratePerSecond` or `burst` is outside its range. */
  constructor(options: TokenBucketOptions) {
    const { name = DEFAULTS.name, ratePerSecond, burst } = options;
    checkNumber('create bucket', 'ratePerSecond', ratePerSecond, 0.001, 1e15);
    checkNumber('create bucket', 'burst', burst, 0.001, 1e15);
    this.#name = name;
    this.#ratePerSecond = ratePerSecond;
    this.#ratePerMs = ratePerSecond / 1000;
    this.#burst = burst;
    this.#now = options.now ?? monotonicNow;
    this.#onRefused = options.hooks?.onRefused;
    this.#tooLarge = Object.freeze({ ok: false, by: 'bucket', name, reason: 'too-large', retryAfterMs: null });
    this.#level = Float64Array.of(this.#now(), 0);
  }

  /**
   * Takes `n` tokens, or none and says why and for how long not.
   *
   * More than `burst` is refused as `too-large`, for which no wait would help. `n` may be a fraction, and 0 is granted.
   *
   * @throws InvalidOptionError if `n` is negative or not a number.
   */
  take(n: number): TokenGrant | Refusal {
    const now = this.#advance();
    if (!(n >= 0 && this.#level[MISSING]! + n <= this.#burst)) return this.#refuse(n, now);
    this.#level[MISSING]! += n;
    this.#taken += n;
    return GRANT;
  }

  /**
   * Milliseconds until `n` tokens can be taken, if nobody takes any meanwhile: 0 if they can now, `null` if `n` is more
   * than `burst`. Takes nothing.
   *
   * @throws InvalidOptionError if `n` is negative or not a number.
   */
  waitMs(n: number): number | null {
    if (!(n >= 0)) throw invalidCount(n);
    const now = this.#advance();
    return n > this.#burst ? null : this.#waitMs(n, now);
  }

  /** The level and the totals as plain JSON. */
  snapshot(): TokenBucketSnapshot {
    this.#advance();
    return {
      name: this.#name,
      ratePerSecond: this.#ratePerSecond,
      burst: this.#burst,
      available: this.#burst - this.#level[MISSING]!,
      taken: this.#taken,
      refused: this.#refused,
      hookErrors: this.#hookErrors.count,
    };
  }

  /** Looks at the clock, and lets come back what has come back since the latest time it showed. */
  #advance(): number {
    const now = this.#now();
    if (now > this.#level[LATEST]!) {
      this.#level[MISSING] = this.#missingAt(now);
      this.#level[LATEST] = now;
    }
    return now;
  }

  #missingAt(now: number): number {
    return Math.max(0, this.#level[MISSING]! - (now - this.#level[LATEST]!) * this.#ratePerMs);
  }

  #refuse(n: number, now: number): Refusal {
    if (!(n >= 0)) throw invalidCount(n);
    this.#refused++;
    const refusal: Refusal =
      n > this.#burst
        ? this.#tooLarge
        : { ok: false, by: 'bucket', name: this.#name, reason: 'limit', retryAfterMs: this.#waitMs(n, now) };
    notify(this.#onRefused, refusal, this.#hookErrors);
    return refusal;
  }

  #waitMs(n: number, now: number): number {
    const excess = this.#level[MISSING]! + n - this.#burst;
    if (excess <= 0) return 0;
    // Nothing comes back until a clock that went back shows the latest time again.
    const waitMs = this.#level[LATEST]! - now + excess / this.#ratePerMs;
    return this.#missingAt(now + waitMs) + n <= this.#burst ? waitMs : waitMs + ROUNDING_MS;
  }
}

function invalidCount(n: number): InvalidOptionError {
  return new InvalidOptionError('take from bucket', 'n', n, 'allowed are numbers of at least 0');
}
