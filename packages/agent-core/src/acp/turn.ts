import type { Clock } from '../clock.ts';

/** One prompt that an agent works on. */
export class Turn {
  /** Rejects when the agent is lost while it works; it never resolves. */
  readonly lost: Promise<never>;
  /** Resolves when the prompt is over, in whatever way. */
  readonly over: Promise<void>;
  /** Whether somebody asked for its end. */
  aborted = false;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #lose!: (error: Error) => void;
  #finish!: () => void;
  #firstTokenMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.lost = new Promise((_, reject) => {
      this.#lose = reject;
    });
    this.over = new Promise((resolve) => {
      this.#finish = resolve;
    });
    // Who has its answer already does not look at it any more.
    this.lost.catch(() => {});
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
