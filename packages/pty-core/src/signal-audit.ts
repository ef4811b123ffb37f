/** What became of a signal: it arrived, it arrived because an earlier one did not help, or it reached nobody. */
export type SignalOutcome = 'delivered' | 'escalated' | 'failed';

/** One delivery. */
export interface SignalRecord {
  readonly ptyId: string;
  readonly signal: string;
  /** Monotonic milliseconds. */
  readonly timestamp: number;
  readonly outcome: SignalOutcome;
  /** The child's pid, which is the number of its process group and session too. */
  readonly pid: number;
  /** Why it reached nobody. */
  readonly error?: string;
}

const KEPT_RECORDS = 50;

/** The last fifty signals that were sent to one PTY, or could not be. */
export class SignalAudit {
  #records: readonly SignalRecord[] = [];

  /** Oldest first, at most fifty; never changed afterwards. */
  get records(): readonly SignalRecord[] {
    return this.#records;
  }

  add(record: SignalRecord): void {
    this.#records = [...this.#records.slice(1 - KEPT_RECORDS), record];
  }
}
