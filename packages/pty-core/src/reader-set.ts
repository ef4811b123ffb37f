import type { OutputReader } from './output-reader.ts';

/**
 * The readers of one output: those whose progress counts, and passive ones that only watch. Bounded by its owner, who opens
 * them.
 */
export class ReaderSet {
  readonly #readers = new Set<OutputReader>();
  readonly #watchers = new Set<OutputReader>();
  #failures = 0;

  get active(): number {
    return this.#readers.size;
  }

  get passive(): number {
    return this.#watchers.size;
  }

  /** How many times an `onReadable` threw. */
  get failures(): number {
    return this.#failures;
  }

  add(reader: OutputReader, isPassive: boolean): void {
    (isPassive ? this.#watchers : this.#readers).add(reader);
  }

  /** @returns whether its progress counted. */
  remove(reader: OutputReader): boolean {
    this.#watchers.delete(reader);
    return this.#readers.delete(reader);
  }

  /** What the slowest reader has acknowledged; `undefined` without readers. Costs one step per reader. */
  slowest(): number | undefined {
    let slowest: number | undefined;
    for (const { acknowledged } of this.#readers) {
      if (slowest === undefined || acknowledged < slowest) slowest = acknowledged;
    }
    return slowest;
  }

  /** Calls everybody's `onReadable`. One that throws disturbs neither the others nor the terminal, and is counted. */
  wake(): void {
    for (const reader of this.#readers) this.#wake(reader);
    for (const watcher of this.#watchers) this.#wake(watcher);
  }

  #wake(reader: OutputReader): void {
    try {
      reader.wake();
    } catch {
      this.#failures += 1;
    }
  }
}
