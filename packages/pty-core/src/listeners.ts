import type { Unsubscribe } from './events.ts';

/**
 * A set of listeners that sees every value in the same order, also when a listener causes the next value: that one is
 * delivered after everybody has had the first. A listener that throws or rejects disturbs nobody and is counted.
 */
export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>();
  readonly #queue: T[] = [];
  #emitting = false;
  #failures = 0;

  /** How many calls ended in an exception or a rejection. */
  get failures(): number {
    return this.#failures;
  }

  /** Adds a listener for the values from now on. Adding the same function twice calls it once. */
  add(listener: (value: T) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls everybody, in the order they were added. */
  emit(value: T): void {
    this.#queue.push(value);
    if (this.#emitting) return;
    this.#emitting = true;
    while (this.#queue.length > 0) this.#deliver(this.#queue.shift()!);
    this.#emitting = false;
  }

  #deliver(value: T): void {
    for (const listener of [...this.#listeners]) {
      if (this.#listeners.has(listener)) this.#call(listener, value);
    }
  }

  #call(listener: (value: T) => unknown, value: T): void {
    try {
      const result = listener(value);
      if (result instanceof Promise) result.catch(() => this.#countFailure());
    } catch {
      this.#countFailure();
    }
  }

  #countFailure(): void {
    this.#failures += 1;
  }
}
