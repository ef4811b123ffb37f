import type { Clock } from './clock.ts';
import type { CancelSignal } from './signal.ts';
import { MAX_TIMER_MS, type Timers } from './timer.ts';

/** Why somebody left a queue without being called. */
export type LeaveReason = 'aborted' | 'waited-too-long' | 'closed';

/** Who waits in a queue. */
export interface Waiter<T> {
  /** When it came, by the queue's clock. */
  readonly since: number;
  /** Ends its wait with an answer; it has left the queue before. */
  readonly answer: (value: T) => void;
}

/** What a queue needs from its owner. */
export interface WaitQueueOptions<T> {
  /** The longest wait in milliseconds, `Infinity` for none. */
  readonly maxWaitMs: number;
  readonly now: Clock;
  readonly timers: Timers;
  /** Somebody left before being called, and must be given an answer. */
  readonly onLeave: (waiter: Waiter<T>, reason: LeaveReason, now: number) => void;
}

/**
 * Who waits, in the order of coming, each of whom may leave from any place at once.
 *
 * A doubly linked list: coming, being called and leaving cost O(1). All wait for the same longest time, so the first in
 * the queue is the first whose wait is over, and one timer is enough; there is one only while somebody waits.
 */
export class WaitQueue<T> {
  readonly #options: WaitQueueOptions<T>;
  #first: Place<T> | undefined;
  #last: Place<T> | undefined;
  #length = 0;
  #timer: unknown;

  constructor(options: WaitQueueOptions<T>) {
    this.#options = options;
  }

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  /** When the one who waits longest came. */
  get oldestSince(): number | undefined {
    return this.#first?.since;
  }

  /** Puts somebody at the end, to leave when `signal` aborts, which it has not yet. */
  add(since: number, signal: CancelSignal | undefined, answer: (value: T) => void): void {
    const place = new Place(since, signal, answer);
    if (signal !== undefined) {
      place.onAbort = () => this.#leave(place, 'aborted', this.#options.now());
      signal.addEventListener('abort', place.onAbort);
    }
    place.before = this.#last;
    if (this.#last === undefined) this.#first = place;
    else this.#last.behind = place;
    this.#last = place;
    this.#length++;
    if (this.#length === 1) this.#setTimer(since);
  }

  /** Calls the one who waits longest, who has then left. */
  shift(): Waiter<T> | undefined {
    const first = this.#first;
    if (first === undefined) return undefined;
    this.#remove(first);
    return first;
  }

  /** Makes everybody leave, in order, for a reason. */
  clear(reason: LeaveReason): void {
    const now = this.#options.now();
    for (let first = this.#first; first !== undefined; first = this.#first) this.#leave(first, reason, now);
  }

  #leave(place: Place<T>, reason: LeaveReason, now: number): void {
    this.#remove(place);
    this.#options.onLeave(place, reason, now);
  }

  #remove(place: Place<T>): void {
    if (place.onAbort !== undefined) place.signal?.removeEventListener('abort', place.onAbort);
    if (place.before === undefined) this.#first = place.behind;
    else place.before.behind = place.behind;
    if (place.behind === undefined) this.#last = place.before;
    else place.behind.before = place.before;
    this.#length--;
    // A timer of somebody who is gone finds out by itself; only the last one takes it along.
    if (this.#length === 0) this.#clearTimer();
  }

  #setTimer(now: number): void {
    const { maxWaitMs, timers } = this.#options;
    if (this.#first === undefined || maxWaitMs === Number.POSITIVE_INFINITY) return;
    const remainingMs = Math.min(Math.max(0, Math.ceil(this.#first.since + maxWaitMs - now)), MAX_TIMER_MS);
    this.#timer = timers.set(() => this.#expire(), remainingMs);
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#options.timers.clear(this.#timer);
    this.#timer = undefined;
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#options.now();
    for (let first = this.#first; first !== undefined; first = this.#first) {
      if (now - first.since < this.#options.maxWaitMs) break;
      this.#leave(first, 'waited-too-long', now);
    }
    if (this.#timer === undefined) this.#setTimer(now);
  }
}

class Place<T> implements Waiter<T> {
  readonly since: number;
  readonly signal: CancelSignal | undefined;
  readonly answer: (value: T) => void;
  onAbort: (() => void) | undefined = undefined;
  before: Place<T> | undefined = undefined;
  behind: Place<T> | undefined = undefined;

  constructor(since: number, signal: CancelSignal | undefined, answer: (value: T) => void) {
    this.since = since;
    this.signal = signal;
    this.answer = answer;
  }
}
