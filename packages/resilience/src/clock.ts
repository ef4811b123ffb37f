// The type of a global that every runtime has, but that no type library shared by all of them declares.
declare const performance: { now(): number };

/** Milliseconds of a clock that is not set back; only differences mean something. */
export type Clock = () => number;

// Looked up once: in Node the global is an accessor, and asking it every time costs up to as much as the clock.
const engine = performance;

/** The clock of the engine, `performance.now`. */
export const monotonicNow: Clock = () => engine.now();

/** A clock that never goes back: an earlier time than before counts as the same. */
export class SteadyClock {
  readonly #now: Clock;
  // Begins as a double: a field that begins as an integer makes objects change their shape later.
  #latest: number = Number.NEGATIVE_INFINITY;

  constructor(now: Clock) {
    this.#now = now;
  }

  /** The latest time seen so far, without looking; `-Infinity` before the first look. */
  get latest(): number {
    return this.#latest;
  }

  /** Looks at the clock, once. */
  read(): number {
    return this.at(this.#now());
  }

  /** What a time that somebody else read means here. */
  at(time: number): number {
    if (time > this.#latest) this.#latest = time;
    return this.#latest;
  }
}
