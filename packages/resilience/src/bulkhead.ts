import { type Clock, monotonicNow } from './clock.ts';
import { checkInteger, checkNumber, RefusedError } from './errors.ts';
import { Held } from './held.ts';
import { type Hook, HookErrors, notify } from './observe.ts';
import type { Refusal, RefusalReason } from './refusal.ts';
import type { CancelSignal } from './signal.ts';
import { MAX_TIMER_MS, platformTimers, type Timers } from './timer.ts';
import { WaitQueue } from './wait-queue.ts';

const DEFAULTS = Object.freeze({ name: 'bulkhead' });

/** How many may be inside a `Bulkhead`, and how many may wait. */
export interface BulkheadOptions {
  /** Who refuses, in refusals and snapshots. Default `'bulkhead'`. */
  readonly name?: string;
  /** Slots: an integer of at least 1. */
  readonly limit: number;
  /** How many may wait for a slot: an integer of at least 0. */
  readonly maxQueue: number;
  /** The longest wait: milliseconds from 0 to 2,147,483,647. Default: no longest. */
  readonly maxWaitMs?: number;
  /** Monotonic milliseconds. Default `performance.now`. */
  readonly now?: Clock;
  /** Where the timer of `maxWaitMs` comes from. Default the platform's. */
  readonly timers?: Timers;
  readonly hooks?: BulkheadHooks;
}

/** What a bulkhead tells its owner. */
export interface BulkheadHooks {
  /** Somebody got no slot, at once or after waiting. */
  readonly onRefused?: Hook<Refusal>;
  /** Somebody left the queue, with a slot or without. */
  readonly onWaited?: Hook<Waited>;
}

/** A wait that is over. */
export interface Waited {
  readonly name: string;
  readonly waitMs: number;
  /** Why it ended: with a slot, or with a refusal for that reason. */
  readonly outcome: 'admitted' | RefusalReason;
}

/** A place inside a bulkhead. */
export interface Slot {
  readonly ok: true;
  /** Gives the slot to whoever waits longest, or back. `true` the first time, then `false`, and nothing changes. */
  release(): boolean;
}

/** How a caller waits. */
export interface AcquireOptions {
  /**
   * Ends the wait; what has a slot is not touched. A signal of its own per waiter leaves in O(1); one that many share
   * costs what its platform takes to find one of many listeners.
   */
  readonly signal?: CancelSignal | undefined;
}

/** The state of a bulkhead as plain JSON. */
export interface BulkheadSnapshot {
  readonly name: string;
  readonly limit: number;
  readonly maxQueue: number;
  /** Slots in use. */
  readonly active: number;
  /** How many wait. */
  readonly waiting: number;
  /** How long the one in front has been waiting; 0 if nobody waits. */
  readonly oldestWaitMs: number;
  readonly closed: boolean;
  /** Slots ever handed out. */
  readonly admitted: number;
  readonly refused: number;
  readonly hookErrors: number;
}

/**
 * At most `limit` pieces of work at a time, and at most `maxQueue` that wait, first come, first served.
 *
 * A slot is handed from whoever releases it to whoever waits longest, so that nobody who comes later can get in between,
 * and it is free only when it was released: a caller who gave up on work that goes on has freed nothing. A waiter who
 * aborts leaves at once, from any place in the queue, in O(1). Entering and leaving cost O(1); there is no timer
 * unless somebody waits under `maxWaitMs`, and then one, which keeps the process alive as its waiters do.
 */
export class Bulkhead {
  readonly #name: string;
  readonly #limit: number;
  readonly #maxQueue: number;
  readonly #now: Clock;
  readonly #hooks: BulkheadHooks;
  readonly #hookErrors = new HookErrors();
  readonly #queue: WaitQueue<Slot | Refusal>;
  readonly #full: Refusal;
  #active = 0;
  #closed = false;
  #admitted = 0;
  #refused = 0;

  /** @throws InvalidOptionError if `limit`, `maxQueue` or `maxWaitMs` is outside its range. */
  constructor(options: BulkheadOptions) {
    const { name = DEFAULTS.name, limit, maxQueue, maxWaitMs = Number.POSITIVE_INFINITY } = options;
    checkInteger('create bulkhead', 'limit', limit, 1);
    checkInteger('create bulkhead', 'maxQueue', maxQueue, 0);
    if (options.maxWaitMs !== undefined) checkNumber('create bulkhead', 'maxWaitMs', maxWaitMs, 0, MAX_TIMER_MS);
    this.#name = name;
    this.#limit = limit;
    this.#maxQueue = maxQueue;
    this.#now = options.now ?? monotonicNow;
    this.#hooks = options.hooks ?? {};
    this.#full = this.#refusal('queue-full');
    this.#queue = new WaitQueue({
      maxWaitMs,
      now: this.#now,
      timers: options.timers ?? platformTimers,
      onLeave: ({ since, answer }, reason, now) => {
        answer(this.#refuse(this.#refusal(reason)));
        this.#waited(now - since, reason);
      },
    });
  }

  /** How many could enter now without waiting. */
  get available(): number {
    return this.#closed ? 0 : this.#limit - this.#active;
  }

  /** A slot if one is free, without waiting. */
  tryAcquire(): Slot | Refusal {
    return this.#enter(undefined) ?? this.#refuse(this.#full);
  }

  /**
   * A slot, at once or as soon as it is this caller's turn.
   *
   * Never rejects: a full queue, the end of `maxWaitMs`, an abort (also an earlier one) and `close` are refusals.
   */
  acquire(options: AcquireOptions = {}): Promise<Slot | Refusal> {
    const answer = this.#enter(options.signal);
    return answer === undefined ? this.#wait(options.signal) : Promise.resolve(answer);
  }

  /**
   * Runs `work` in a slot, which comes back when the work has settled.
   *
   * The signal matters until the work begins: an abort before that, and the call rejects with its reason. Work that
   * should stop must be told by its owner, for example by a `Deadline`, and keeps its slot until it does.
   *
   * @throws RefusedError if there is no slot; the work did not begin.
   */
  async execute<T>(work: () => T | PromiseLike<T>, options: AcquireOptions = {}): Promise<T> {
    const slot = this.#enter(options.signal) ?? (await this.#wait(options.signal));
    if (options.signal?.aborted) {
      // Also for a caller who got a slot and gave up before it could use it.
      if (slot.ok) slot.release();
      throw options.signal.reason;
    }
    if (!slot.ok) throw new RefusedError(slot);
    try {
      return await work();
    } finally {
      slot.release();
    }
  }

  /** Refuses everybody who waits, and everybody who comes from now on. Who has a slot keeps it. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.clear('closed');
  }

  /** Use, queue and totals as plain JSON. */
  snapshot(): BulkheadSnapshot {
    const oldestSince = this.#queue.oldestSince;
    return {
      name: this.#name,
      limit: this.#limit,
      maxQueue: this.#maxQueue,
      active: this.#active,
      waiting: this.#queue.length,
      oldestWaitMs: oldestSince === undefined ? 0 : Math.max(0, this.#now() - oldestSince),
      closed: this.#closed,
      admitted: this.#admitted,
      refused: this.#refused,
      hookErrors: this.#hookErrors.count,
    };
  }

  /** What can be answered at once, except that all slots are in use. */
  #enter(signal: CancelSignal | undefined): Slot | Refusal | undefined {
    if (this.#closed) return this.#refuse(this.#refusal('closed'));
    if (signal?.aborted) return this.#refuse(this.#refusal('aborted'));
    return this.#active < this.#limit ? this.#admit() : undefined;
  }

  #admit(): Slot {
    this.#active++;
    this.#admitted++;
    return new Held(this.#release);
  }

  #wait(signal: CancelSignal | undefined): Promise<Slot | Refusal> {
    if (this.#queue.length >= this.#maxQueue) return Promise.resolve(this.#refuse(this.#full));
    return new Promise((resolve) => this.#queue.add(this.#now(), signal, resolve));
  }

  readonly #release = (): void => {
    this.#active--;
    // While a queue is being closed, hooks may release slots; nobody gets them any more.
    const next = this.#closed ? undefined : this.#queue.shift();
    if (next === undefined) return;
    next.answer(this.#admit());
    if (this.#hooks.onWaited !== undefined) this.#waited(this.#now() - next.since, 'admitted');
  };

  #refusal(reason: RefusalReason): Refusal {
    return Object.freeze({ ok: false, by: 'bulkhead', name: this.#name, reason, retryAfterMs: null });
  }

  #refuse(refusal: Refusal): Refusal {
    this.#refused++;
    notify(this.#hooks.onRefused, refusal, this.#hookErrors);
    return refusal;
  }

  #waited(waitMs: number, outcome: Waited['outcome']): void {
    notify(this.#hooks.onWaited, { name: this.#name, waitMs: Math.max(0, waitMs), outcome }, this.#hookErrors);
  }
}
