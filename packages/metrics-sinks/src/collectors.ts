import type { Collector } from './sink.ts';

/**
 * The collectors of one sink, run before its numbers are read.
 *
 * One that throws is counted and the next one runs; one that reads the numbers itself does not start a second round.
 */
export class Collectors {
  readonly #collectors = new Set<{ readonly collect: Collector }>();
  #running = false;
  #failures = 0;

  /** How many runs of a collector ended in a throw. */
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
        collect();
      } catch {
        this.#failures++;
      }
    }
    this.#running = false;
  }
}
