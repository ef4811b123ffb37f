import type { Totals } from './session-totals.ts';

/** Totals since the start, and sizes at the moment, of the terminals. */
export interface TerminalCounts extends Totals {
  /** Terminals whose output is kept: also those of removed sessions that somebody still reads the end of. */
  readonly terminals: number;
  /** Ended terminals whose end is still remembered. */
  readonly tombstones: number;
  /** Of the terminals, those whose readers lag behind. */
  readonly underPressure: number;
  /** Output that is kept, and that may be. */
  readonly ringBytes: number;
  readonly ringLimitBytes: number;
}
