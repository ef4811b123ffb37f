import { checkNumber, DeadlineError } from './errors.ts';
import type { CancelSignal } from './signal.ts';
import { MAX_TIMER_MS, platformTimers, type Timers } from './timer.ts';
import { type DeadlineTerm, type Work, WorkRun } from './work-run.ts';

const DEFAULTS = Object.freeze({ name: 'deadline' });

/** How long a `Deadline` is. */
export interface DeadlineOptions {
  /** Who is named in the error. Default `'deadline'`. */
  readonly name?: string;
  /** What work is given: milliseconds from 0 to 2,147,483,647, the longest that timers count. 0: until timers next run. */
  readonly deadlineMs: number;
  /** Where timers come from. Default the platform's. */
  readonly timers?: Timers;
}

/** How work is started under a deadline. */
export interface DeadlineCallOptions {
  /** Of the caller: its abort answers the caller and aborts the work, both with its reason. */
  readonly signal?: CancelSignal | undefined;
}

/** Work that was started under a deadline. */
export interface DeadlineRun<T> {
  /**
   * What the caller gets: the work's value or error, or a `DeadlineError`, or the reason of its own abort. It rejects also
   * for somebody who only looks at `settled`, and like any rejection wants to be handled.
   */
  readonly result: Promise<T>;
  /** Fulfilled when the work has really ended, in whatever way; that may be long after `result` was rejected, or never. */
  readonly settled: Promise<void>;
}

/**
 * The longest time that a caller waits for a piece of work.
 *
 * When it has passed, the caller is answered with a `DeadlineError` and the work's signal aborts with the same error. No
 * one can make work stop that does not listen: what it returns or throws later is dropped, and `settled` tells when.
 *
 * One deadline serves any number of calls. Each costs one promise and one timer, which is cleared when the call is
 * answered; an `AbortSignal` is made only for work that reads it. The timer keeps a process alive, because somebody
 * waits for the answer.
 */
export class Deadline {
  /** What work is given, in milliseconds. */
  readonly deadlineMs: number;
  readonly #term: DeadlineTerm;

  /** @throws InvalidOptionError if `deadlineMs` is not a number from 0 to 2,147,483,647. */
  constructor(options: DeadlineOptions) {
    const { name = DEFAULTS.name, deadlineMs, timers = platformTimers } = options;
    checkNumber('create deadline', 'deadlineMs', deadlineMs, 0, MAX_TIMER_MS);
    this.deadlineMs = deadlineMs;
    this.#term = { deadlineMs, timers, error: () => new DeadlineError(name, deadlineMs) };
  }

  /**
   * Does `work`, and answers when it ends, when the deadline passes or when the caller aborts, whichever is first.
   *
   * Work is not begun for a caller who has already aborted.
   *
   * @throws DeadlineError when the deadline passes; what the work throws; the reason of the caller's abort.
   */
  execute<T>(work: Work<T>, options: DeadlineCallOptions = {}): Promise<T> {
    return this.start(work, options).result;
  }

  /** The same, for a caller who needs to know when the work has really ended. */
  start<T>(work: Work<T>, options: DeadlineCallOptions = {}): DeadlineRun<T> {
    return new WorkRun<T>(this.#term, options.signal).start(work);
  }

  /** What each call is given and answered, as a `Guard` uses it. */
  get term(): DeadlineTerm {
    return this.#term;
  }
}
