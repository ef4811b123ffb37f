import type { OutputReader } from './output-reader.ts';

/**
 * The readers of one output: those whose progress counts, and passive ones that only watch. Bounded by its owner, who opens
 * them.
 */
export class ReaderSet {
  // Replaced, never changed: who is being woken may open and close others.
  #active: readonly OutputReader[] = [];
  #passive: readonly OutputReader[] = [];
  #failures = 0;

  get active(): number {
    return this.#active.length;
  }

  get passive(): number {
    return this.#passive.length;
  }

  /** How many times an `onReadable` threw. */
  get failures(): number {
    return this.#failures;
  }

  add(reader: OutputReader, isPassive: boolean): void {
    if (isPassive) this.#passive = [...this.#passive, reader];
    else this.#active = [...this.#active, reader];
  }

  /** @returns whether its progress counted. */
  remove(reader: OutputReader): boolean {
    const before = this.#active.length;
    this.#active = this.#active.filter((other) => other !== reader);
    this.#passive = this.#passive.filter((other) => other !== reader);
    return this.#active.length < before;
  }

  /** What the slowest reader has acknowledged; `undefined` without readers. Costs one step per reader. */
  slowest(): number | undefined {
    let slowest: number | undefined;
    for (const { acknowledged } of this.#active) {
      if (slowest === undefined || acknowledged < slowest) slowest = acknowledged;
    }
    return slowest;
  }

  /**
   * Calls everybody's `onReadable`, of those who are here now. One that throws disturbs neither the others nor the terminal,
   * and is counted.
   */
  wake(): void {
    for (const reader of this.#active) this.#wake(reader);
    for (const reader of this.#passive) this.#wake(reader);
  }

  #wake(reader: OutputReader): void {
    try {
      reader.wake();
    } catch {
      this.#failures += 1;
    }
  }
}
