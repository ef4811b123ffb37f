import type { PtySnapshot } from '@sessiond/pty-core';

/** What a terminal has done so far, in numbers that only grow. */
export interface Totals {
  /** Bytes programs have written. */
  readonly readBytes: number;
  /** Bytes of input that terminals have taken, or have waiting. */
  readonly writtenBytes: number;
  /** Bytes of output overwritten before they were delivered. */
  readonly droppedBytes: number;
  /** How many times something that listens to a terminal threw or rejected; each is a defect, and disturbed nobody. */
  readonly listenerFailures: number;
}

/** What counts of a terminal. */
type Counted = Pick<PtySnapshot, 'listenerFailures'> & {
  readonly output: Pick<PtySnapshot['output'], 'totalWritten' | 'totalDropped' | 'readerFailures'>;
  readonly writtenBytes: number;
};

const NOTHING: Totals = Object.freeze({ readBytes: 0, writtenBytes: 0, droppedBytes: 0, listenerFailures: 0 });

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

function added(totals: Totals, { output, listenerFailures, writtenBytes }: Counted): Totals {
  return {
    readBytes: totals.readBytes + output.totalWritten,
    writtenBytes: totals.writtenBytes + writtenBytes,
    droppedBytes: totals.droppedBytes + output.totalDropped,
    listenerFailures: totals.listenerFailures + listenerFailures + output.readerFailures,
  };
}
