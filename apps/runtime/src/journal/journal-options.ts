import type { InterruptedCommand, RecoverySummary } from '@sessiond/protocol';
import type { Logger } from '../logger.ts';
import type { CommitMark } from './commit-mark.ts';
import type { JournalObserver } from './journal-observer.ts';
import type { JournalMeta } from './journal-record.ts';
import type { JournalStore } from './journal-store.ts';
import type { RetentionLimits } from './retention.ts';

/** What a journal works on. */
export interface JournalOptions {
  readonly mode: 'async' | 'sync';
  readonly store: JournalStore;
  readonly mark: Pick<CommitMark, 'write' | 'close'>;
  /** Where the last run left it. */
  readonly meta: JournalMeta;
  /** When its latest entry was let in. */
  readonly lastAcceptedAtMs: number;
  readonly recovery: RecoverySummary;
  readonly interrupted: readonly InterruptedCommand[];
  readonly retention: RetentionLimits;
  readonly logger: Logger;
  readonly observer?: JournalObserver | undefined;
  /** Whether writing is worth a try after a failure; asked first, because nothing can be read while the store is opened again. */
  readonly isWritable?: () => Promise<boolean>;
  /** Called once a minute and at the end, for what has to be looked after outside the store. */
  readonly onHousekeeping?: () => void;
  /** How often a failed journal is tried again; default 5 s. */
  readonly retryMs?: number;
  /** Milliseconds of the wall clock; default `Date.now`. */
  readonly wallClock?: () => number;
}
