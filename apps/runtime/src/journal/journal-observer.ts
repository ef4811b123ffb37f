/** Is told what happens to the journal. */
export interface JournalObserver {
  /** A batch of changes was written; `durationMs` from the call to the answer of the store. */
  batchWritten(changes: number, durationMs: number): void;
  /** Something could not be written. */
  batchFailed(): void;
  /** A command was recorded as let in. */
  commandRecorded(): void;
}

/** Tells nobody. */
export const unobservedJournal: JournalObserver = Object.freeze({
  batchWritten: () => {},
  batchFailed: () => {},
  commandRecorded: () => {},
});
