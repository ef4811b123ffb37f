import { Interrupted } from './errors.ts';

type SignalName = Interrupted['signal'];

const SIGNALS: readonly Exclude<SignalName, 'SIGPIPE'>[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** What the process gives to an {@link Interruption}; a fake of it is a plain event emitter. */
export interface SignalSource {
  on(signal: SignalName, listener: () => void): unknown;
  off(signal: SignalName, listener: () => void): unknown;
}

/**
 * Turns the signals that end a program into one AbortSignal, so that everything under way ends in order.
 *
 * A command may take signals itself, to pass them on. A signal that comes when the end is under way ends at once.
 */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #listeners = new Map<SignalName, () => void>();
  readonly #source: SignalSource;
  readonly #endAtOnce: (interrupted: Interrupted) => void;
  #taker: ((signal: SignalName) => boolean) | undefined;

  constructor(source: SignalSource, endAtOnce: (interrupted: Interrupted) => void) {
    this.#source = source;
    this.#endAtOnce = endAtOnce;
    for (const name of SIGNALS) {
      const listener = () => this.raise(name);
      this.#listeners.set(name, listener);
      source.on(name, listener);
    }
  }

  /** Aborted, with an `Interrupted` or what was given to `fail`, once the program has to end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Acts as if the signal had come. */
  raise(name: SignalName): void {
    if (this.signal.aborted) {
      if (name !== 'SIGPIPE') this.#endAtOnce(new Interrupted(name));
      return;
    }
    if (name !== 'SIGPIPE' && this.#taker?.(name) === true) return;
    this.#controller.abort(new Interrupted(name));
  }

  /** Ends the program for another reason than a signal. */
  fail(error: Error): void {
    this.#controller.abort(error);
  }

  /** Lets a command have the signals first; those it does not take (`false`) end the program. Returns the end of that. */
  take(taker: (signal: SignalName) => boolean): () => void {
    this.#taker = taker;
    return () => {
      this.#taker = undefined;
    };
  }

  /** Gives the signals back to the process. Idempotent. */
  stop(): void {
    for (const [name, listener] of this.#listeners) this.#source.off(name, listener);
    this.#listeners.clear();
  }
}
