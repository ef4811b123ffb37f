import { type Clock, monotonicNow, type Timers } from '@sessiond/resilience';

/** Lists that are kept although nothing is in them: the usual durations, which will be used again. */
const MAX_IDLE_LISTS = 64;

/** Timers that keep no process alive: what they stand for is over when the process is. */
const backgroundTimers: Timers = Object.freeze({
  set: (act: () => void, delayMs: number): unknown => setTimeout(act, delayMs).unref(),
  clear: (timer: unknown): void => clearTimeout(timer as NodeJS.Timeout),
});

/** Where the timers come from. */
export interface DeadlinesOptions {
  /** Monotonic milliseconds; default `performance.now`. */
  readonly now?: Clock | undefined;
  readonly timers?: Timers | undefined;
}

/** A deadline that was set. */
export interface Deadline {
  /** Takes it back. Idempotent, also after it has passed. */
  clear(): void;
}

/**
 * Calls back when time is up, cheaply for many that end long before: those of one duration stand in one list, in the order in which they pass, and share one timer.
 *
 * Setting and clearing cost O(1) and no timer of their own. Bounded by what is set, and by 64 durations that nothing is set for.
 */
export class Deadlines {
  readonly #now: Clock;
  readonly #timers: Timers;
  readonly #lists = new Map<number, DeadlineList>();

  constructor({ now = monotonicNow, timers = backgroundTimers }: DeadlinesOptions = {}) {
    this.#now = now;
    this.#timers = timers;
  }

  /** Calls `onPassed` in `ms` milliseconds, unless it is cleared before. */
  set(ms: number, onPassed: () => void): Deadline {
    let list = this.#lists.get(ms);
    if (list === undefined) {
      list = new DeadlineList(ms, this.#now, this.#timers, (idle) => this.#dropIdle(idle));
      this.#lists.set(ms, list);
    }
    return list.add(onPassed);
  }

  #dropIdle(list: DeadlineList): void {
    if (this.#lists.size <= MAX_IDLE_LISTS) return;
    list.stop();
    this.#lists.delete(list.ms);
  }
}

/** The deadlines of one duration: a ring of nodes, the first to pass behind the head. */
class DeadlineList {
  readonly ms: number;
  readonly #now: Clock;
  readonly #timers: Timers;
  readonly #onIdle: (list: DeadlineList) => void;
  readonly #head: Node = new Node(undefined, 0, () => {});
  #timer: unknown;

  constructor(ms: number, now: Clock, timers: Timers, onIdle: (list: DeadlineList) => void) {
    this.ms = ms;
    this.#now = now;
    this.#timers = timers;
    this.#onIdle = onIdle;
  }

  add(onPassed: () => void): Deadline {
    const node = new Node(this, this.#now() + this.ms, onPassed);
    node.insertBefore(this.#head);
    if (this.#timer === undefined) this.#arm(this.ms);
    return node;
  }

  cleared(): void {
    if (this.#head.next === this.#head) this.#onIdle(this);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#timers.clear(this.#timer);
    this.#timer = undefined;
  }

  /** The timer is left as it is when what it was set for is cleared: it finds the next one then, or nothing. */
  #arm(ms: number): void {
    this.#timer = this.#timers.set(() => this.#pass(), Math.max(Math.ceil(ms), 0));
  }

  #pass(): void {
    this.#timer = undefined;
    const now = this.#now();
    for (let first = this.#head.next; first !== this.#head; first = this.#head.next) {
      if (first.atMs > now) {
        this.#arm(first.atMs - now);
        return;
      }
      first.remove();
      first.onPassed();
    }
    this.#onIdle(this);
  }
}

class Node implements Deadline {
  readonly #list: DeadlineList | undefined;
  readonly atMs: number;
  readonly onPassed: () => void;
  next: Node = this;
  previous: Node = this;

  constructor(list: DeadlineList | undefined, atMs: number, onPassed: () => void) {
    this.#list = list;
    this.atMs = atMs;
    this.onPassed = onPassed;
  }

  clear(): void {
    if (this.next === this) return;
    this.remove();
    this.#list?.cleared();
  }

  insertBefore(node: Node): void {
    this.next = node;
    this.previous = node.previous;
    node.previous.next = this;
    node.previous = this;
  }

  remove(): void {
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.next = this;
    this.previous = this;
  }
}
