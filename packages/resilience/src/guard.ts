import type { Bulkhead, Slot } from './bulkhead.ts';
import { anyError, type Classify, outcomeOfError, outcomeOfResult } from './classify.ts';
import type { Deadline } from './deadline.ts';
import { RefusedError } from './errors.ts';
import type { Outcome } from './outcome.ts';
import type { Permit } from './permit.ts';
import type { Reservation } from './rate-limiter.ts';
import type { Refusal } from './refusal.ts';
import type { CancelSignal } from './signal.ts';
import { type Work, type WorkObserver, WorkRun } from './work-run.ts';

const DEFAULTS = Object.freeze({ name: 'guard', key: '' });

/** What a guard asks of a limiter; a `RateLimiter` is one. */
export interface GuardLimiter {
  take(key: string, n?: number): Reservation | Refusal;
}

/** What a guard asks of a breaker; `Breaker`, `KeyedBreaker` and `HybridBreaker` are such. Permits must not throw. */
export interface GuardBreaker {
  tryAcquire(key: string): Permit | Refusal;
}

/** What a `Guard` is made of; each part may be left out, and may be shared with other guards. */
export interface GuardOptions {
  /** In snapshots. Default `'guard'`. */
  readonly name?: string;
  readonly limiter?: GuardLimiter;
  readonly bulkhead?: Bulkhead;
  readonly breaker?: GuardBreaker;
  readonly deadline?: Deadline;
  /** What an end of the work says to the breaker. Default `anyError`. */
  readonly classify?: Classify;
}

/** For whom, and how much. */
export interface GuardEnterOptions {
  /** What limiter and breaker count by. Default `''`. */
  readonly key?: string;
  /** What is taken from the limiter: an integer of at least 1. Default 1. */
  readonly n?: number;
}

/** How a call is made. */
export interface GuardCallOptions extends GuardEnterOptions {
  /** Of the caller: its abort ends the wait or answers the caller, with its reason, and aborts the work. */
  readonly signal?: CancelSignal | undefined;
}

/** Everything that had to be asked has agreed; must be settled or cancelled. One-shot: then `false`, and nothing changes. */
export interface GuardEntry {
  readonly ok: true;
  /** The work has ended: gives the slot back, and tells the breaker how. */
  settle(outcome: Outcome): boolean;
  /** The work did not begin: gives everything back, to the limiter too. */
  cancel(): boolean;
}

/** What the work returned. */
export interface GuardResult<T> {
  readonly ok: true;
  readonly value: T;
}

/** The state of a guard as plain JSON; its parts have their own. */
export interface GuardSnapshot {
  readonly name: string;
  /** Entries that are neither settled nor cancelled. */
  readonly inside: number;
  /** Calls whose caller was answered while the work goes on. */
  readonly abandoned: number;
}

/**
 * Limiter, bulkhead, breaker and deadline in front of work, asked in this order.
 *
 * A refusal takes nothing: what an earlier part gave is given back. Once inside, the caller is answered when the work
 * ends, at the deadline, or when it aborts. The slot of the bulkhead comes back only when the work has really ended; the
 * breaker hears of an expired deadline at once, of everything else when the work ends, and a caller who aborted
 * tells it nothing.
 *
 * `execute` throws a refusal, `run` returns it. `tryEnter` and `enter` only ask, for work that does not end when its
 * promise settles, such as a stream: its owner settles the entry, and no deadline is counted.
 */
export class Guard {
  readonly #name: string;
  readonly #limiter: GuardLimiter | undefined;
  readonly #bulkhead: Bulkhead | undefined;
  readonly #breaker: GuardBreaker | undefined;
  readonly #deadline: Deadline | undefined;
  readonly #classify: Classify;
  readonly #census = new Census();

  constructor(options: GuardOptions) {
    this.#name = options.name ?? DEFAULTS.name;
    this.#limiter = options.limiter;
    this.#bulkhead = options.bulkhead;
    this.#breaker = options.breaker;
    this.#deadline = options.deadline;
    this.#classify = options.classify ?? anyError;
  }

  /** Asks limiter, bulkhead and breaker, without waiting for a slot. */
  tryEnter(options: GuardEnterOptions = {}): GuardEntry | Refusal {
    return this.#tryEnter(options);
  }

  /**
   * Asks limiter, bulkhead and breaker, and waits for a slot as long as the bulkhead lets it.
   *
   * Never rejects, except with what a part throws; an abort before or while waiting is a refusal of the bulkhead.
   * Without a bulkhead nobody waits, and the signal is not looked at.
   */
  async enter(options: GuardCallOptions = {}): Promise<GuardEntry | Refusal> {
    return this.#enterAtOnce(options) ?? this.#enterInTurn(options);
  }

  /**
   * Does `work` if it may; a refusal is a value.
   *
   * Rejects as `execute` does, except for refusals.
   */
  async run<T>(work: Work<T>, options: GuardCallOptions = {}): Promise<GuardResult<T> | Refusal> {
    throwIfAborted(options.signal);
    const entry = this.#enterAtOnce(options) ?? (await this.#enterInTurn(options));
    throwIfAborted(options.signal, entry);
    return entry.ok ? { ok: true, value: await this.#do(work, entry, options.signal) } : entry;
  }

  /**
   * Does `work` if it may, and answers when it ends, at the deadline or when the caller aborts, whichever is first.
   *
   * @throws RefusedError if a part refused, and the work did not begin; DeadlineError when the deadline passes; what the
   * work throws; the reason of the caller's abort, also if it was waiting or had aborted before.
   */
  async execute<T>(work: Work<T>, options: GuardCallOptions = {}): Promise<T> {
    throwIfAborted(options.signal);
    const entry = this.#enterAtOnce(options) ?? (await this.#enterInTurn(options));
    throwIfAborted(options.signal, entry);
    if (!entry.ok) throw new RefusedError(entry);
    return this.#do(work, entry, options.signal);
  }

  /** Who is inside, as plain JSON. */
  snapshot(): GuardSnapshot {
    return { name: this.#name, inside: this.#census.inside, abandoned: this.#census.abandoned };
  }

  #tryEnter({ key = DEFAULTS.key, n }: GuardEnterOptions): HeldEntry | Refusal {
    const reservation = this.#limiter?.take(key, n);
    if (reservation?.ok === false) return reservation;
    return this.#enterWith(key, reservation, this.#bulkhead?.tryAcquire());
  }

  /** Enters if nobody has to be waited for; otherwise nothing was asked. */
  #enterAtOnce(options: GuardCallOptions): HeldEntry | Refusal | undefined {
    // Who gave up before asking is for the bulkhead to refuse, as is who gives up while waiting.
    const isInTurn = this.#bulkhead !== undefined && (this.#bulkhead.available === 0 || options.signal?.aborted);
    return isInTurn ? undefined : this.#tryEnter(options);
  }

  async #enterInTurn({ key = DEFAULTS.key, n, signal }: GuardCallOptions): Promise<HeldEntry | Refusal> {
    const reservation = this.#limiter?.take(key, n);
    if (reservation?.ok === false) return reservation;
    return this.#enterWith(key, reservation, await this.#bulkhead?.acquire({ signal }));
  }

  #enterWith(key: string, reservation: Reservation | undefined, slot: Slot | Refusal | undefined): HeldEntry | Refusal {
    if (slot?.ok === false) {
      reservation?.refund();
      return slot;
    }
    let permit: Permit | Refusal | undefined;
    try {
      permit = this.#breaker?.tryAcquire(key);
    } catch (error) {
      giveBack(reservation, slot);
      throw error;
    }
    if (permit?.ok === false) {
      giveBack(reservation, slot);
      return permit;
    }
    return new HeldEntry(this.#census, reservation, slot, permit);
  }

  #do<T>(work: Work<T>, entry: HeldEntry, signal: CancelSignal | undefined): Promise<T> {
    const call = new GuardCall<T>(entry, this.#classify, this.#census, signal);
    return new WorkRun<T>(this.#deadline?.term, signal, call).start(work).result;
  }
}

/** Who is inside a guard, and for how many of them nobody waits any more. */
class Census {
  inside = 0;
  abandoned = 0;
}

class HeldEntry implements GuardEntry {
  readonly ok = true;
  readonly permit: Permit | undefined;
  readonly #census: Census;
  readonly #reservation: Reservation | undefined;
  readonly #slot: Slot | undefined;
  #isInside = true;

  constructor(
    census: Census,
    reservation: Reservation | undefined,
    slot: Slot | undefined,
    permit: Permit | undefined,
  ) {
    this.permit = permit;
    this.#census = census;
    this.#reservation = reservation;
    this.#slot = slot;
    census.inside++;
  }

  settle(outcome: Outcome): boolean {
    if (!this.#leave()) return false;
    // First the breaker: whoever gets the slot must find it informed.
    this.permit?.settle(outcome);
    this.#slot?.release();
    return true;
  }

  cancel(): boolean {
    if (!this.#leave()) return false;
    this.permit?.cancel();
    this.#slot?.release();
    this.#reservation?.refund();
    return true;
  }

  #leave(): boolean {
    if (!this.#isInside) return false;
    this.#isInside = false;
    this.#census.inside--;
    return true;
  }
}

/** Tells the parts of a guard how one piece of work goes. */
class GuardCall<T> implements WorkObserver<T> {
  readonly #entry: HeldEntry;
  readonly #classify: Classify;
  readonly #census: Census;
  readonly #signal: CancelSignal | undefined;
  #isAbandoned = false;

  constructor(entry: HeldEntry, classify: Classify, census: Census, signal: CancelSignal | undefined) {
    this.#entry = entry;
    this.#classify = classify;
    this.#census = census;
    this.#signal = signal;
  }

  expired(error: Error): void {
    this.#abandon();
    this.#entry.permit?.settle(outcomeOfError(this.#classify, error, undefined));
  }

  cancelled(): void {
    this.#abandon();
  }

  returned(value: T): void {
    this.#end(this.#signal?.aborted ? 'ignored' : outcomeOfResult(this.#classify, value));
  }

  threw(error: unknown): void {
    this.#end(outcomeOfError(this.#classify, error, this.#signal));
  }

  #abandon(): void {
    this.#isAbandoned = true;
    this.#census.abandoned++;
  }

  #end(outcome: Outcome): void {
    if (this.#isAbandoned) this.#census.abandoned--;
    this.#entry.settle(outcome);
  }
}

/** Gives back what was given before a part refused, the last first. */
function giveBack(reservation: Reservation | undefined, slot: Slot | undefined): void {
  slot?.release();
  reservation?.refund();
}

/** Gives an entry back whose caller has given up, and tells that caller so. */
function throwIfAborted(signal: CancelSignal | undefined, entry?: GuardEntry | Refusal): void {
  if (!signal?.aborted) return;
  if (entry?.ok) entry.cancel();
  throw signal.reason;
}
