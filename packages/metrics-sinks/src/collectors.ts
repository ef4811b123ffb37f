import type { Collector } from './sink.ts';

/**
 * The collectors of one sink, run before its numbers are read.
 *
 * One that throws is counted and the next one runs, and so is a promise that rejects, for which nobody waits; one that reads the numbers itself
 * does not start a second round.
 */
export class Collectors {
  readonly #collectors = new Set<{ readonly collect: Collector }>();
  #running = false;
  #failures = 0;

  /** How many runs of a collector ended in a throw or a rejection. */
  get failures(): number {
    return this.#failures;
  }

  /** Adds one; the same function added twice runs twice. @returns how to take it out. */
  add(collect: Collector): () => void {
    const entry = { collect };
    this.#collectors.add(entry);
    return () => void this.#collectors.delete(entry);
  }

  run(): void {
    if (this.#running) return;
    this.#running = true;
    for (const { collect } of this.#collectors) {
      try {
        // An async function is a collector too, as far as types can tell.
        const collected: unknown = collect();
        if (collected instanceof Promise) collected.catch(() => this.#countFailure());
      } catch {
        this.#countFailure();
      }
    }
    this.#running = false;
  }

  #countFailure(): void {
    this.#failures++;
  }
}
