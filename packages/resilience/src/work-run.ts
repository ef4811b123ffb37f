import { type CancelSignal, createController, type WorkController, type WorkSignal } from './signal.ts';
import type { Timers } from './timer.ts';

/** What a piece of work is told. */
export interface WorkContext {
  /** Aborts when the deadline passes or the caller gives up. Made when it is first read, which takes about 2 µs. */
  readonly signal: WorkSignal;
}

/** Something to be done, at once or in the end. */
export type Work<T> = (context: WorkContext) => T | PromiseLike<T>;

/** When the caller of a piece of work gets an answer at the latest. */
export interface DeadlineTerm {
  readonly deadlineMs: number;
  readonly timers: Timers;
  /** Makes what the caller is answered then. */
  readonly error: () => Error;
}

/** Who is told how a piece of work goes; called before the promises settle. Must not throw. */
export interface WorkObserver<T> {
  /** The deadline passed, and the work goes on. */
  expired(error: Error): void;
  /** The caller aborted, and the work goes on. */
  cancelled(): void;
  /** The work returned a value. */
  returned(value: T): void;
  /** The work threw. */
  threw(error: unknown): void;
}

/**
 * A piece of work with a caller who may be answered before it ends, by a deadline or by the abort of its own signal.
 *
 * One promise and one timer; the signal and `settled` are made when they are read.
 */
export class WorkRun<T> implements WorkContext {
  /** What the caller gets. */
  readonly result: Promise<T>;
  #resolve!: (value: T) => void;
  #reject!: (error: unknown) => void;
  readonly #term: DeadlineTerm | undefined;
  readonly #callerSignal: CancelSignal | undefined;
  readonly #observer: WorkObserver<T> | undefined;
  #timer: unknown;
  #onAbort: (() => void) | undefined;
  #controller: WorkController | undefined;
  #answered = false;
  #stopped = false;
  #stopReason: unknown;
  #ended = false;
  #onSettled: (() => void) | undefined;
  #settled: Promise<void> | undefined;

  constructor(term: DeadlineTerm | undefined, callerSignal: CancelSignal | undefined, observer?: WorkObserver<T>) {
    this.#term = term;
    this.#callerSignal = callerSignal;
    this.#observer = observer;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get signal(): WorkSignal {
    if (this.#controller === undefined) {
      this.#controller = createController();
      if (this.#stopped) this.#controller.abort(this.#stopReason);
    }
    return this.#controller.signal;
  }

  /** Fulfilled when the work has really ended. */
  get settled(): Promise<void> {
    this.#settled ??= this.#ended ? Promise.resolve() : new Promise((resolve) => (this.#onSettled = resolve));
    return this.#settled;
  }

  /** Begins the work, unless the caller has already given up. Returns the run itself. */
  start(work: Work<T>): this {
    const callerSignal = this.#callerSignal;
    if (callerSignal !== undefined) {
      if (callerSignal.aborted) {
        this.#ended = true;
        this.#stop(callerSignal.reason);
        return this;
      }
      this.#onAbort = () => {
        this.#observer?.cancelled();
        this.#stop(callerSignal.reason);
      };
      callerSignal.addEventListener('abort', this.#onAbort);
    }
    // Set before the work begins, so that the time until it first waits counts as well.
    if (this.#term !== undefined) this.#timer = this.#term.timers.set(() => this.#expire(), this.#term.deadlineMs);
    let pending: T | PromiseLike<T>;
    try {
      pending = work(this);
    } catch (error) {
      this.#threw(error);
      return this;
    }
    Promise.resolve(pending).then(
      (value) => this.#returned(value),
      (error: unknown) => this.#threw(error),
    );
    return this;
  }

  #expire(): void {
    const error = this.#term!.error();
    this.#timer = undefined;
    this.#observer?.expired(error);
    this.#stop(error);
  }

  /** Answers the caller while the work goes on, which is told. */
  #stop(reason: unknown): void {
    this.#stopped = true;
    this.#stopReason = reason;
    this.#answer();
    this.#reject(reason);
    this.#controller?.abort(reason);
  }

  #returned(value: T): void {
    this.#ended = true;
    this.#observer?.returned(value);
    if (!this.#answered) {
      this.#answer();
      this.#resolve(value);
    }
    this.#onSettled?.();
  }

  #threw(error: unknown): void {
    this.#ended = true;
    this.#observer?.threw(error);
    if (!this.#answered) {
      this.#answer();
      this.#reject(error);
    }
    this.#onSettled?.();
  }

  #answer(): void {
    this.#answered = true;
    if (this.#timer !== undefined) this.#term!.timers.clear(this.#timer);
    if (this.#onAbort !== undefined) this.#callerSignal!.removeEventListener('abort', this.#onAbort);
  }
}
