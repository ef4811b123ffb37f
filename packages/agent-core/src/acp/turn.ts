import type { Clock } from '../clock.ts';

/** One prompt that an agent works on. */
export class Turn {
  /** Rejects when the agent is lost while it works; it never resolves. */
  readonly lost: Promise<never>;
  /** Resolves when the prompt is over, in whatever way. */
  readonly over: Promise<void>;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #lose: (error: Error) => void;
  readonly #finish: () => void;
  #firstTokenMs: number | undefined;
  /** Whether somebody asked for its end. */
  aborted = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    const lost = Promise.withResolvers<never>();
    const over = Promise.withResolvers<void>();
    // Who has its answer already does not look at it any more.
    lost.promise.catch(() => {});
    this.lost = lost.promise;
    this.over = over.promise;
    this.#lose = lost.reject;
    this.#finish = over.resolve;
  }

  /** From the prompt to the first piece of an answer, in milliseconds. */
  get firstTokenMs(): number | undefined {
    return this.#firstTokenMs;
  }

  /** There is a piece of an answer. */
  answered(): void {
    this.#firstTokenMs ??= this.#clock.now() - this.#startedAt;
  }

  /** The agent was lost. */
  lose(error: Error): void {
    this.#lose(error);
  }

  /** It is over. */
  finish(): void {
    this.#finish();
  }
}
