import type { PtySnapshot } from '@sessiond/pty-core';

/** What a terminal has done so far, in numbers that only grow. */
export interface Totals {
  /** Bytes programs have written. */
  readonly readBytes: number;
  /** Of these, bytes overwritten before they were delivered. */
  readonly droppedBytes: number;
  /** How many times something that listens to a terminal threw or rejected; each is a defect, and disturbed nobody. */
  readonly listenerFailures: number;
}

/** What counts of a terminal. */
type Counted = Pick<PtySnapshot, 'listenerFailures'> & {
  readonly output: Pick<PtySnapshot['output'], 'totalWritten' | 'totalDropped' | 'readerFailures'>;
};

const NOTHING: Totals = Object.freeze({ readBytes: 0, droppedBytes: 0, listenerFailures: 0 });

/** Totals over all sessions since the start; those that are gone stay counted, so that no number ever falls. */
export class SessionTotals {
  #past: Totals = NOTHING;

  /** Counts a terminal that nobody will ask about again. */
  retire(snapshot: Counted): void {
    this.#past = added(this.#past, snapshot);
  }

  /** The totals with these terminals, which have not been retired. */
  with(snapshots: readonly Counted[]): Totals {
    return snapshots.reduce(added, this.#past);
  }
}

function added(totals: Totals, { output, listenerFailures }: Counted): Totals {
  return {
    readBytes: totals.readBytes + output.totalWritten,
    droppedBytes: totals.droppedBytes + output.totalDropped,
    listenerFailures: totals.listenerFailures + listenerFailures + output.readerFailures,
  };
}
