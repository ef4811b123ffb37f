import { type Clock, monotonicNow } from './clock.ts';
import { checkInteger, checkNumber, RefusedError } from './errors.ts';
import { Held } from './held.ts';
import { type Hook, HookErrors, notify } from './observe.ts';
import type { Refusal, RefusalReason } from './refusal.ts';
import type { CancelSignal } from './signal.ts';
import { MAX_TIMER_MS, platformTimers, type Timers } from './timer.ts';
import { type Waiter, WaitQueue } from './wait-queue.ts';

const DEFAULTS = Object.freeze({ name: 'mutex', maxQueue: 100, maxKeys: 10_000 });

/** How many may wait for a key of a `KeyedMutex`, and how long. */
export interface KeyedMutexOptions {
  /** Who refuses, in refusals and snapshots. Default `'mutex'`. */
  readonly name?: string;
  /** How many may wait for one key: an integer of at least 0. Default 100. */
  readonly maxQueue?: number;
  /** How many keys may be held at once: an integer of at least 1. Default 10,000. */
  readonly maxKeys?: number;
  /** The longest wait: milliseconds from 0 to 2,147,483,647. Default: no longest. */
  readonly maxWaitMs?: number;
  /** Monotonic milliseconds. Default `performance.now`. */
  readonly now?: Clock;
  /** Where the timers of `maxWaitMs` come from. Default the platform's. */
  readonly timers?: Timers;
  readonly hooks?: KeyedMutexHooks;
}

/** What a mutex tells its owner. */
export interface KeyedMutexHooks {
  /** Somebody did not get the key, at once or after waiting. */
  readonly onRefused?: Hook<KeyedMutexRefused>;
}

/** An attempt to hold a key that was refused. */
export interface KeyedMutexRefused {
  readonly key: string;
  readonly refusal: Refusal;
}

/** A key that is held. */
export interface Hold {
  readonly ok: true;
  /** Gives the key to whoever waits longest for it, or up. `true` the first time, then `false`, and nothing changes. */
  release(): boolean;
}

/** How a caller waits for a key. */
export interface HoldOptions {
  /** Ends the wait; what holds the key is not touched. */
  readonly signal?: CancelSignal | undefined;
}

/** The state of a mutex as plain JSON. */
export interface KeyedMutexSnapshot {
  readonly name: string;
  /** Keys that are held. */
  readonly held: number;
  readonly maxKeys: number;
  /** How many wait, for all keys together. */
  readonly waiting: number;
  readonly maxQueue: number;
  readonly closed: boolean;
  /** Holds ever given. */
  readonly admitted: number;
  readonly refused: number;
  readonly hookErrors: number;
}

/**
 * One holder per key at a time; who waits for a key gets it in the order of coming.
 *
 * A key exists only while somebody holds it: nothing is kept of one that is free, and those of others are not touched.
 * A waiter who aborts leaves at once, from any place in the queue, in O(1), as everything here costs.
 *
 * Whoever holds a key and waits for it again waits for itself: nothing here knows who a caller is.
 */
export class KeyedMutex {
  readonly #name: string;
  readonly #maxQueue: number;
  readonly #maxKeys: number;
  readonly #maxWaitMs: number;
  readonly #now: Clock;
  readonly #timers: Timers;
  readonly #hooks: KeyedMutexHooks;
  readonly #hookErrors = new HookErrors();
  readonly #locks = new Map<string, Lock>();
  #waiting = 0;
  #closed = false;
  #admitted = 0;
  #refused = 0;

  /** @throws InvalidOptionError if `maxQueue`, `maxKeys` or `maxWaitMs` is outside its range. */
  constructor(options: KeyedMutexOptions = {}) {
    const { name = DEFAULTS.name, maxQueue = DEFAULTS.maxQueue, maxKeys = DEFAULTS.maxKeys } = options;
    checkInteger('create mutex', 'maxQueue', maxQueue, 0);
    checkInteger('create mutex', 'maxKeys', maxKeys, 1);
    if (options.maxWaitMs !== undefined) checkNumber('create mutex', 'maxWaitMs', options.maxWaitMs, 0, MAX_TIMER_MS);
    this.#name = name;
    this.#maxQueue = maxQueue;
    this.#maxKeys = maxKeys;
    this.#maxWaitMs = options.maxWaitMs ?? Number.POSITIVE_INFINITY;
    this.#now = options.now ?? monotonicNow;
    this.#timers = options.timers ?? platformTimers;
    this.#hooks = options.hooks ?? {};
  }

  /** Whether somebody holds the key. */
  isHeld(key: string): boolean {
    return this.#locks.has(key);
  }

  /** The key if nobody holds it, without waiting. */
  tryAcquire(key: string): Hold | Refusal {
    return this.#enter(key, undefined) ?? this.#refuse(key, 'queue-full');
  }

  /**
   * The key, at once or as soon as it is this caller's turn.
   *
   * Never rejects: a full queue, too many keys, the end of `maxWaitMs`, an abort (also an earlier one) and `close` are
   * refusals.
   */
  acquire(key: string, options: HoldOptions = {}): Promise<Hold | Refusal> {
    const answer = this.#enter(key, options.signal);
    return answer === undefined ? this.#wait(key, options.signal) : Promise.resolve(answer);
  }

  /**
   * Runs `work` while holding the key, which is given up when the work has settled.
   *
   * The signal matters until the work begins: an abort before that, and the call rejects with its reason.
   *
   * @throws RefusedError if the key was not to be had; the work did not begin.
   */
  async execute<T>(key: string, work: () => T | PromiseLike<T>, options: HoldOptions = {}): Promise<T> {
    const hold = this.#enter(key, options.signal) ?? (await this.#wait(key, options.signal));
    if (options.signal?.aborted) {
      // Also for a caller who got the key and gave up before it could use it.
      if (hold.ok) hold.release();
      throw options.signal.reason;
    }
    if (!hold.ok) throw new RefusedError(hold);
    try {
      return await work();
    } finally {
      hold.release();
    }
  }

  /** Refuses everybody who waits, and everybody who comes from now on. Who holds a key keeps it. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { queue } of [...this.#locks.values()]) queue?.clear('closed');
  }

  /** Sizes and totals as plain JSON. */
  snapshot(): KeyedMutexSnapshot {
    return {
      name: this.#name,
      held: this.#locks.size,
      maxKeys: this.#maxKeys,
      waiting: this.#waiting,
      maxQueue: this.#maxQueue,
      closed: this.#closed,
      admitted: this.#admitted,
      refused: this.#refused,
      hookErrors: this.#hookErrors.count,
    };
  }

  /** What can be answered at once, except that the key is held. */
  #enter(key: string, signal: CancelSignal | undefined): Hold | Refusal | undefined {
    if (this.#closed) return this.#refuse(key, 'closed');
    if (signal?.aborted) return this.#refuse(key, 'aborted');
    if (this.#locks.has(key)) return undefined;
    if (this.#locks.size >= this.#maxKeys) return this.#refuse(key, 'keys-full');
    const lock: Lock = { queue: undefined };
    this.#locks.set(key, lock);
    return this.#admit(key, lock);
  }

  #admit(key: string, lock: Lock): Hold {
    this.#admitted++;
    return new Held(() => this.#release(key, lock));
  }

  #release(key: string, lock: Lock): void {
    // While queues are being closed, hooks may release keys; nobody gets them any more.
    const next: Waiter<Hold | Refusal> | undefined = this.#closed ? undefined : lock.queue?.shift();
    if (next === undefined) {
      this.#locks.delete(key);
      return;
    }
    this.#waiting--;
    next.answer(this.#admit(key, lock));
  }

  /** Waits for a key that is held. */
  #wait(key: string, signal: CancelSignal | undefined): Promise<Hold | Refusal> {
    const lock = this.#locks.get(key)!;
    lock.queue ??= this.#createQueue(key);
    const { queue } = lock;
    if (queue.length >= this.#maxQueue) return Promise.resolve(this.#refuse(key, 'queue-full'));
    this.#waiting++;
    return new Promise((resolve) => queue.add(this.#now(), signal, resolve));
  }

  #createQueue(key: string): WaitQueue<Hold | Refusal> {
    return new WaitQueue({
      maxWaitMs: this.#maxWaitMs,
      now: this.#now,
      timers: this.#timers,
      onLeave: ({ answer }, reason) => {
        this.#waiting--;
        answer(this.#refuse(key, reason));
      },
    });
  }

  #refuse(key: string, reason: RefusalReason): Refusal {
    this.#refused++;
    const refusal: Refusal = Object.freeze({ ok: false, by: 'mutex', name: this.#name, reason, retryAfterMs: null });
    notify(this.#hooks.onRefused, { key, refusal }, this.#hookErrors);
    return refusal;
  }
}

interface Lock {
  /** Made for the first who has to wait. */
  queue: WaitQueue<Hold | Refusal> | undefined;
}
