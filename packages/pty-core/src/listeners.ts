import type { Unsubscribe } from './events.ts';

/** A set of listeners; one that throws disturbs neither the caller nor the others and is counted. */
export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>();
  #failures = 0;

  /** How many calls ended in an exception. */
  get failures(): number {
    return this.#failures;
  }

  /** Adds a listener. Adding the same function twice calls it once. */
  add(listener: (value: T) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls everybody, in the order they were added. */
  emit(value: T): void {
    for (const listener of this.#listeners) {
      try {
        listener(value);
      } catch {
        this.#failures += 1;
      }
    }
  }
}
