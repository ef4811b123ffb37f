/** What terminals have done so far, in numbers that only grow. */
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

const NOTHING: Totals = Object.freeze({ readBytes: 0, writtenBytes: 0, droppedBytes: 0, listenerFailures: 0 });

/** Totals over all sessions since the start; those that are gone stay counted, so that no number ever falls. */
export class SessionTotals {
  #past: Totals = NOTHING;

  /** Counts a terminal that nobody will ask about again. */
  retire(totals: Totals): void {
    this.#past = added(this.#past, totals);
  }

  /** The totals with these terminals, which have not been retired. */
  with(terminals: readonly Totals[]): Totals {
    return terminals.reduce(added, this.#past);
  }
}

function added(totals: Totals, terminal: Totals): Totals {
  return {
    readBytes: totals.readBytes + terminal.readBytes,
    writtenBytes: totals.writtenBytes + terminal.writtenBytes,
    droppedBytes: totals.droppedBytes + terminal.droppedBytes,
    listenerFailures: totals.listenerFailures + terminal.listenerFailures,
  };
}
