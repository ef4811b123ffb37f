/** How the journal is as a whole. */
export interface JournalSnapshot {
  /** `failed`: nothing can be recorded, and commands that must be are refused. */
  readonly state: 'open' | 'failed' | 'closed';
  /** Entries that are kept. */
  readonly entries: number;
  /** Their size. */
  readonly bytes: number;
  /** Commands without an outcome. */
  readonly inFlight: number;
  /** What waits to be written, and is being written. */
  readonly queuedBytes: number;
}
