/** How a `bash` command ended: with a status, by a signal that was not ours, at its deadline, because somebody ended it, or before it began. */
export type BashEnding = 'exit' | 'signal' | 'timeout' | 'aborted' | 'spawn-failed';

/** Told what becomes of `bash` commands, in plain values. Must not throw and must be quick. */
export interface BashObserver {
  bashStarted(): void;
  /** Output was read. */
  bashOutput(bytes: number): void;
  bashFinished(ending: BashEnding): void;
  /** The answer lacks the beginning of the output. */
  bashTruncated(): void;
}

/** Observes nothing. */
export const unobservedBash: BashObserver = Object.freeze({
  bashStarted() {},
  bashOutput() {},
  bashFinished() {},
  bashTruncated() {},
});
