import { type Clock, monotonicNow } from './clock.ts';
import { checkInteger, checkNumber, InvalidOptionError } from './errors.ts';
import { type Hook, HookErrors, notify } from './observe.ts';
import { RecentKeys } from './recent-keys.ts';
import type { Refusal } from './refusal.ts';
import { SLOTS_PER_WINDOW, SlidingCounts } from './sliding-counts.ts';

const DEFAULTS = Object.freeze({ name: 'limiter', maxKeys: 10_000 });

/** What `limit` may be: sums are kept in 32 bits. */
const MAX_LIMIT = 2 ** 32 - 1;

/** Keys that are forgotten at most when another one is granted something. */
const FORGOTTEN_PER_GRANT = 2;

/** Added where rounding would make a wait too short; more than a clock below 10^12 ms can be wrong by. */
const ROUNDING_MS = 0.001;

/** How a `RateLimiter` limits. */
export interface RateLimiterOptions {
  /** Who refuses, in refusals and snapshots. Default `'limiter'`. */
  readonly name?: string;
  /** What each key is granted at most within any window: an integer from 0 to 4,294,967,295. */
  readonly limit: number;
  /** Length of the window in milliseconds: a number from 1 to 1e12. */
  readonly windowMs: number;
  /**
   * Keys remembered at once: an integer of at least 1. Default 10,000.
   *
   * A key is remembered while its grants count. At this bound, keys that are not remembered share one budget.
   */
  readonly maxKeys?: number;
  /** Monotonic milliseconds. Default `performance.now`. */
  readonly now?: Clock;
  readonly hooks?: RateLimiterHooks;
}

/** What a limiter tells its owner. */
export interface RateLimiterHooks {
  /** A take was refused; nothing was taken. */
  readonly onRefused?: Hook<RateLimiterRefused>;
  /** A key was forgotten, because nothing of it counts any more. */
  readonly onEvicted?: Hook<RateLimiterEvicted>;
}

/** A take that was refused. */
export interface RateLimiterRefused {
  readonly key: string;
  readonly n: number;
  readonly refusal: Refusal;
}

/** A key that was forgotten. */
export interface RateLimiterEvicted {
  readonly name: string;
  readonly key: string;
}

/** What a key was granted, and the way to give it back. */
export interface Reservation {
  readonly ok: true;
  /** Number of the slot of time in which it was granted, which is where `refund` gives it back. */
  readonly generation: number;
  /**
   * Gives back everything that was granted, for work that did not begin. `true` the first time while it still counts;
   * afterwards `false`, and nothing changes.
   */
  refund(): boolean;
}

/** The state of a limiter as plain JSON. */
export interface RateLimiterSnapshot {
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
  readonly generation: number;
  /** Keys that are remembered now. */
  readonly keys: number;
  readonly maxKeys: number;
  /** Takes that were granted, and what they took together. */
  readonly granted: number;
  readonly grantedUnits: number;
  readonly refused: number;
  /** Refunds that gave something back, and those that came too late or twice. */
  readonly refunded: number;
  readonly refundsIgnored: number;
  /** Keys that were forgotten. */
  readonly evicted: number;
  /** Takes decided by the budget of all keys that found no room: granted from it, or refused because it is used up. */
  readonly overflowed: number;
  readonly hookErrors: number;
}

/**
 * At most `limit` per key within any window, wherever the window begins.
 *
 * **Never more.** Of the takes of a key that were not refunded, those within any `windowMs` (one end included) sum up
 * to `limit` at most. **Hardly less.** A grant counts for `windowMs` and at most a sixteenth longer: what was granted
 * within the last 17/16 windows plus `n` being at most `limit`, `n` is granted. A take is all or nothing; a refused one
 * takes nothing.
 *
 * Time is cut into sixteenths of the window, numbered from the construction on: the generations. Each key has a count
 * per generation for the last 17, so that an edge between windows, which lets the counters with two windows pass nearly
 * twice the limit, does not exist.
 *
 * A take costs O(1) and one clock read. Memory: 160 to 210 bytes per key beside the key itself. No timers: the first
 * grant to a key in a generation forgets up to two keys of which nothing counts any more, and no others are ever
 * forgotten. When all `maxKeys` count, all further keys share one budget of `limit`, and a key that gets room later
 * begins with what that budget has spent, so that the first promise holds for it too. A clock that goes back counts as
 * one that stands still.
 */
export class RateLimiter {
  readonly #name: string;
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #slotMs: number;
  readonly #maxKeys: number;
  readonly #now: Clock;
  readonly #hooks: RateLimiterHooks;
  readonly #hookErrors = new HookErrors();
  readonly #tooLarge: Refusal;
  readonly #counts: SlidingCounts;
  /** Rows of `#counts` by key, in the order of the slots in which they were last added to. */
  readonly #keys: RecentKeys = new RecentKeys();
  /** The row of all keys that found no room. */
  readonly #overflow: number;
  /** The clock at construction, where generation 0 begins. */
  readonly #origin: number;
  #generation = 0;
  /** When the next generation begins. */
  #generationEndsAt: number;
  #granted = 0;
  #grantedUnits = 0;
  #refused = 0;
  #refunded = 0;
  #refundsIgnored = 0;
  #evicted = 0;
  #overflowed = 0;

  /** @throws InvalidOptionError if `limit`, `windowMs` or `maxKeys` is outside its range. */
  constructor(options: RateLimiterOptions) {
    const {
      name = DEFAULTS.name,
      limit,
      windowMs,
      maxKeys = DEFAULTS.maxKeys,
      now = monotonicNow,
      hooks = {},
    } = options;
    checkInteger('create limiter', 'limit', limit, 0, MAX_LIMIT);
    checkNumber('create limiter', 'windowMs', windowMs, 1, 1e12);
    checkInteger('create limiter', 'maxKeys', maxKeys, 1);
    this.#name = name;
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#slotMs = windowMs / SLOTS_PER_WINDOW;
    this.#maxKeys = maxKeys;
    this.#now = now;
    this.#hooks = hooks;
    this.#tooLarge = Object.freeze({ ok: false, by: 'limiter', name, reason: 'too-large', retryAfterMs: null });
    // Beside the keys, the overflow has a row, and so has a new key before another one goes for it.
    this.#counts = new SlidingCounts(maxKeys + 2);
    this.#origin = now();
    this.#generationEndsAt = this.#startOf(1);
    // The first row, so that those of keys are 1 and more.
    this.#overflow = this.#counts.allocate(0);
  }

  /** Number of the current slot of time, which never goes back. Reads the clock. */
  get generation(): number {
    return this.#slotAt(this.#now());
  }

  /**
   * Takes `n` from the budget of `key`, or nothing and says for how long not.
   *
   * More than `limit` is refused as `too-large`, for which no wait would help. Otherwise `retryAfterMs` is how long it
   * takes until `n` fit, if nothing else is taken or given back meanwhile, and no sooner.
   *
   * @param n an integer of at least 1.
   * @throws InvalidOptionError if `n` is not.
   */
  take(key: string, n: number = 1): Reservation | Refusal {
    if (!(Number.isInteger(n) && n >= 1)) {
      throw new InvalidOptionError('take from limiter', 'n', n, 'allowed are integers of at least 1');
    }
    const now = this.#now();
    const slot = this.#slotAt(now);
    const row = this.#keys.row(key) ?? this.#overflow;
    if (this.#counts.sum(row, slot) + n > this.#limit) return this.#refuse(key, n, row, slot, now);
    this.#granted++;
    this.#grantedUnits += n;
    if (row === this.#overflow) return this.#grantFirst(key, n, slot);
    // Rows that were last added to in the same slot are forgotten in the same one, so their order means nothing.
    const isLatest = this.#counts.lastAdded(row) === slot;
    this.#counts.add(row, slot, n);
    if (!isLatest) {
      this.#keys.touch(row);
      this.#forgetIdle(FORGOTTEN_PER_GRANT, slot);
    }
    return new Grant(this.#giveBack, row, slot, n);
  }

  snapshot(): RateLimiterSnapshot {
    return {
      name: this.#name,
      limit: this.#limit,
      windowMs: this.#windowMs,
      generation: this.generation,
      keys: this.#keys.size,
      maxKeys: this.#maxKeys,
      granted: this.#granted,
      grantedUnits: this.#grantedUnits,
      refused: this.#refused,
      refunded: this.#refunded,
      refundsIgnored: this.#refundsIgnored,
      evicted: this.#evicted,
      overflowed: this.#overflowed,
      hookErrors: this.#hookErrors.count,
    };
  }

  /** The slot of a moment, or the latest one that was seen if the moment lies before it. */
  #slotAt(now: number): number {
    if (now >= this.#generationEndsAt) this.#advance(now);
    return this.#generation;
  }

  /** Moves on to the slot of a moment, which lies after the current one. */
  #advance(now: number): void {
    let slot = Math.floor((now - this.#origin) / this.#slotMs);
    // The quotient is rounded, and may name a neighbour; where slots begin decides.
    if (this.#startOf(slot) > now) slot--;
    else if (this.#startOf(slot + 1) <= now) slot++;
    this.#generation = slot;
    this.#generationEndsAt = this.#startOf(slot + 1);
  }

  #startOf(slot: number): number {
    return this.#origin + slot * this.#slotMs;
  }

  /** Grants to a key that is not remembered, from its first row on, or from what all such keys share. */
  #grantFirst(key: string, n: number, slot: number): Reservation {
    const counts = this.#counts;
    const isFull = this.#keys.size >= this.#maxKeys;
    if (isFull && !this.#isIdle(this.#keys.oldest, slot)) {
      counts.add(this.#overflow, slot, n);
      this.#overflowed++;
      return new Grant(this.#giveBack, this.#overflow, slot, n);
    }
    const row = counts.allocate(slot);
    // What the shared budget has spent may have been spent by this key.
    counts.copy(this.#overflow, row);
    counts.add(row, slot, n);
    this.#keys.add(key, row);
    this.#forgetIdle(isFull ? 1 + FORGOTTEN_PER_GRANT : FORGOTTEN_PER_GRANT, slot);
    return new Grant(this.#giveBack, row, slot, n);
  }

  #refuse(key: string, n: number, row: number, slot: number, now: number): Refusal {
    this.#refused++;
    const refusal = n > this.#limit ? this.#tooLarge : this.#refusalUntil(n, row, slot, now);
    if (row === this.#overflow && refusal !== this.#tooLarge) this.#overflowed++;
    if (this.#hooks.onRefused !== undefined) notify(this.#hooks.onRefused, { key, n, refusal }, this.#hookErrors);
    return refusal;
  }

  #refusalUntil(n: number, row: number, slot: number, now: number): Refusal {
    const freeAt = this.#startOf(this.#counts.slotWithAtMost(row, slot, this.#limit - n));
    let waitMs = freeAt - now;
    if (now + waitMs < freeAt) waitMs += ROUNDING_MS;
    return { ok: false, by: 'limiter', name: this.#name, reason: 'limit', retryAfterMs: waitMs };
  }

  // A row that was forgotten meanwhile needs no check: nothing in it counted any more, so the slot is too old.
  readonly #giveBack: GiveBack = (row, slot, n) => {
    if (slot + SLOTS_PER_WINDOW < this.#slotAt(this.#now())) {
      this.#refundsIgnored++;
      return false;
    }
    this.#counts.remove(row, slot, n);
    this.#refunded++;
    return true;
  };

  /** Forgets keys of which nothing counts any more, those first that were granted something the longest ago. */
  #forgetIdle(most: number, slot: number): void {
    for (let forgotten = 0; forgotten < most; forgotten++) {
      const row = this.#keys.oldest;
      if (!this.#isIdle(row, slot)) return;
      const key = this.#keys.remove(row);
      this.#counts.release(row);
      this.#evicted++;
      notify(this.#hooks.onEvicted, { name: this.#name, key }, this.#hookErrors);
    }
  }

  #isIdle(row: number | undefined, slot: number): row is number {
    return row !== undefined && this.#counts.lastAdded(row) + SLOTS_PER_WINDOW < slot;
  }
}

type GiveBack = (row: number, slot: number, n: number) => boolean;

class Grant implements Reservation {
  readonly ok = true;
  readonly generation: number;
  #giveBack: GiveBack | undefined;
  readonly #row: number;
  readonly #n: number;

  constructor(giveBack: GiveBack, row: number, generation: number, n: number) {
    this.#giveBack = giveBack;
    this.#row = row;
    this.generation = generation;
    this.#n = n;
  }

  refund(): boolean {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    return giveBack?.(this.#row, this.generation, this.#n) ?? false;
  }
}
