/**
 * Who consumes the flood, in the process that reads it.
 * - `fast`: takes everything as it comes
 * - `slow`: takes a bounded amount every ten milliseconds
 * - `stalled`: is there and takes nothing
 * - `absent`: nobody
 */
export type Consumer = 'fast' | 'slow' | 'stalled' | 'absent';

/** One flooding terminal with its consumer, as a library's users would build it. */
export interface StressTerminal {
  /** Resolves with the last output. */
  readonly ended: Promise<unknown>;
  /** Bytes taken from the terminal. */
  readonly arrivedBytes: number;
  /** Bytes the consumer has had. */
  readonly consumedBytes: number;
  /** Types into the terminal. */
  write(text: string): void;
  /** The slow consumer's step. */
  consume(maxBytes: number): void;
  /** Looks whether the library's own figures agree with each other and with the consumer's. */
  look(): void;
  /** What the looks found; `null` for a library that tells no figures. */
  account(): StressAccount | null;
}

/** The figures of a library checked against the consumer's, over one run. */
export interface StressAccount {
  readonly looks: number;
  /** Looks at which more was kept or undelivered than the capacity. */
  readonly overCapacity: number;
  /** Looks at which written − dropped − delivered was not what is undelivered. */
  readonly inexact: number;
  readonly droppedBytes: number;
  /** What the consumer was told to be missing. */
  readonly gapBytes: number;
  readonly overflow: OverflowAccount;
}

/** The overflow events of one run. */
export interface OverflowAccount {
  readonly events: number;
  /** The sum of what each told. */
  readonly droppedBytes: number;
  /** The shortest time between two of them, the final one left out; `null` with fewer than three. */
  readonly shortestIntervalMs: number | null;
}
