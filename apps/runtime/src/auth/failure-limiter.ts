import { type Clock, RateLimiter, type Reservation } from '@sessiond/resilience';
import { addressBlock } from './address.ts';
import { digestOf } from './credential.ts';

const WINDOW_MS = 60_000;

/** Networks whose failures are counted one by one; beyond that, further ones share one budget. */
const MAX_NETWORKS = 10_000;

/** Credentials that are remembered as good; the one that was used longest ago is forgotten first. */
const MAX_TRUSTED = 4_096;

/** What came of an attempt; exactly one of them is called, once. */
export interface Attempt {
  readonly ok: true;
  /** The credential is a good one. */
  succeeded(): void;
  /** It is not. */
  failed(): void;
  /** Nobody can say. */
  undecided(): void;
}

/** An attempt that is not to be made now. */
export interface AttemptRefused {
  readonly ok: false;
  readonly retryAfterMs: number;
}

interface Guess {
  readonly reservation: Reservation;
  /** Attempts with the same credential that are on their way. */
  underway: number;
  failed: boolean;
}

/** What a failure limiter is told. */
export interface FailureLimiterOptions {
  /** Wrong credentials of one address, or one IPv6 /64, within a minute. */
  readonly failuresPerMinute: number;
  readonly now?: Clock | undefined;
}

/**
 * Stops guessing: an address that brought wrong credentials too often is refused before the next one is looked at.
 *
 * An attempt is counted when it begins and given back when it was a good one, so that many at once guess no more than one after the other;
 * attempts with one and the same credential at the same time are one guess. A credential that was good before is let through whatever its
 * address did: nobody can keep a client out that shares an address with them, but for the first time, and then for less than a minute. Such
 * a credential is only known by its digest, and is asked about like any other.
 *
 * Memory: 10,000 networks, 4,096 digests, and what is on its way.
 */
export class FailureLimiter {
  readonly #limiter: RateLimiter;
  /** Digests in the order in which they were last used. */
  readonly #trusted = new Set<string>();
  readonly #guesses = new Map<string, Guess>();

  constructor({ failuresPerMinute, now }: FailureLimiterOptions) {
    this.#limiter = new RateLimiter({
      name: 'auth',
      limit: failuresPerMinute,
      windowMs: WINDOW_MS,
      maxKeys: MAX_NETWORKS,
      ...(now !== undefined && { now }),
    });
  }

  /** Asks whether a credential may be tried from a canonical address. */
  attempt(address: string, credential: string): Attempt | AttemptRefused {
    const digest = digestOf(credential).toString('base64');
    const network = addressBlock(address);
    const key = `${network} ${digest}`;
    const guess = this.#guesses.get(key) ?? this.#guess(network, digest);
    if (guess !== undefined && 'retryAfterMs' in guess) return guess;
    if (guess !== undefined) {
      this.#guesses.set(key, guess);
      guess.underway += 1;
    }
    const over = (failed: boolean): void => {
      if (guess === undefined) return;
      guess.underway -= 1;
      guess.failed ||= failed;
      if (guess.underway > 0) return;
      this.#guesses.delete(key);
      if (!guess.failed) guess.reservation.refund();
    };
    return {
      ok: true,
      succeeded: () => {
        this.#trust(digest);
        over(false);
      },
      failed: () => {
        // One that was good once and is no more is counted from now on.
        this.#trusted.delete(digest);
        over(true);
      },
      undecided: () => over(false),
    };
  }

  /** Lets a credential through that was made here. */
  trust(credential: string): void {
    this.#trust(digestOf(credential).toString('base64'));
  }

  /** Room for a guess; `undefined` for what is no guess. */
  #guess(network: string, digest: string): Guess | AttemptRefused | undefined {
    if (this.#trusted.has(digest)) return undefined;
    const taken = this.#limiter.take(network);
    if (!taken.ok) return { ok: false, retryAfterMs: taken.retryAfterMs ?? WINDOW_MS };
    return { reservation: taken, underway: 0, failed: false };
  }

  #trust(digest: string): void {
    this.#trusted.delete(digest);
    this.#trusted.add(digest);
    if (this.#trusted.size <= MAX_TRUSTED) return;
    const [oldest] = this.#trusted;
    this.#trusted.delete(oldest!);
  }
}
