import {
  type GetCommandHistoryData,
  type HealthCheck,
  type InterruptedCommand,
  isProtocolError,
  ProtocolError,
  type RecoverySummary,
} from '@sessiond/protocol';
import { RunList } from '../execution/run-list.ts';
import type { SessionRecord, SessionRecords } from '../sessions/session-record.ts';
import type { AcceptedCommand, CommandJournal, FinishedCommand, JournalEntry } from './command-journal.ts';
import { Debts } from './debts.ts';
import { type CommitBatch, GroupCommit } from './group-commit.ts';
import { readHistory } from './history.ts';
import { journalHealth } from './journal-health.ts';
import { isEntryKey, META_KEY, numberOf, sessionKey } from './journal-keys.ts';
import { type JournalObserver, unobservedJournal } from './journal-observer.ts';
import type { JournalOptions } from './journal-options.ts';
import { encodeEntry, type JournalMeta, parseEntry } from './journal-record.ts';
import type { HistoryQuery, JournalRecords } from './journal-records.ts';
import { journalBehind, journalUnavailable, RETRY_MS } from './journal-refusals.ts';
import type { JournalSnapshot } from './journal-snapshot.ts';
import { KeptEntries } from './kept-entries.ts';
import { type EntryKeeper, entryChars, OpenEntry, whenOutcomeIsLost } from './open-entry.ts';
import { isFarOver, nextRemoval, type Removal } from './retention.ts';

const HOUSEKEEPING_MS = 60_000;
/** In mode `async` the first change of a batch waits this long for others. */
const ASYNC_DELAY_MS = 10;
/** What may wait to be written; more piles up only when the disk is slower than the commands. */
const MAX_QUEUED_CHARS = 16 * 1024 * 1024;

/**
 * The durable record of commands, outcomes and sessions.
 *
 * In mode `sync` nothing is acknowledged before it is on the disk; in mode `async` nobody waits, and a failure of the machine, or of the process
 * within some 10 ms, loses what was recorded last. When something cannot be written, nothing is acknowledged any more that would have to be on
 * record: `accept` refuses, what runs goes on, and a failed batch is never written again, because nobody can know how much of it is there. The journal
 * tries to become usable by itself: it opens the store again, and puts on record which outcomes it could not take.
 *
 * Memory: the commands in flight, 16 MiB that wait to be written, and one change per session.
 */
export class Journal implements CommandJournal, JournalRecords, SessionRecords {
  readonly mode: 'async' | 'sync';
  readonly recovery: RecoverySummary;
  readonly #options: JournalOptions;
  readonly #observer: JournalObserver;
  readonly #commit: GroupCommit;
  readonly #keeper: EntryKeeper;
  readonly #now: () => number;
  #commits: number;
  readonly #kept: KeptEntries;
  #lastAcceptedAtMs: number;
  /** Commands without an outcome; bounded by those that may be in flight. */
  readonly #inFlight = new RunList<OpenEntry>();
  /** Sessions that changed since the last batch; `null` for one that is gone. One change per session. */
  readonly #changedSessions = new Map<string, (() => SessionRecord) | null>();
  readonly #debts = new Debts();
  /** What the next batch removes. */
  #removal: Removal | undefined;
  readonly #housekeeping: NodeJS.Timeout;
  #retry: NodeJS.Timeout | undefined;
  #removing: Promise<void> | undefined;
  #repairing: Promise<void> | undefined;
  #isEnded = false;
  #closed: Promise<void> | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.mode = options.mode;
    this.recovery = options.recovery;
    this.#observer = options.observer ?? unobservedJournal;
    this.#commits = options.meta.commits;
    this.#kept = new KeptEntries(options.meta);
    this.#lastAcceptedAtMs = options.lastAcceptedAtMs;
    this.#now = options.wallClock ?? Date.now;
    this.#commit = new GroupCommit(options.store, {
      isDurable: this.mode === 'sync',
      delayMs: this.mode === 'sync' ? 0 : ASYNC_DELAY_MS,
      complete: (batch) => this.#fill(batch),
      onWritten: ({ changes, durationMs }) => {
        this.#committed();
        this.#observer.batchWritten(changes, durationMs);
      },
      onFailed: (error, lost) => this.#failed(error, lost),
    });
    this.#keeper = {
      isSync: this.mode === 'sync',
      commit: this.#commit,
      finish: (entry, finished) => this.#finish(entry, finished),
      withdraw: (entry) => this.#withdraw(entry),
    };
    this.#housekeeping = setInterval(() => this.#keepHouse(), HOUSEKEEPING_MS);
    this.#housekeeping.unref();
    this.#removeOldest();
  }

  snapshot(): JournalSnapshot {
    return {
      state: this.#closed !== undefined ? 'closed' : this.#commit.isFailed ? 'failed' : 'open',
      entries: this.#kept.next - this.#kept.first,
      bytes: this.#kept.bytes,
      inFlight: this.#inFlight.size,
      queuedBytes: this.#commit.queuedChars,
    };
  }

  health(): HealthCheck {
    return journalHealth(this.#commit.isFailed, this.recovery);
  }

  accept(accepted: AcceptedCommand): JournalEntry {
    if (!this.#isUsable) throw journalUnavailable();
    if (this.#commit.queuedChars > MAX_QUEUED_CHARS) throw journalBehind(MAX_QUEUED_CHARS);
    // Entries are found by time because their numbers rise with it, whatever is done to the clock.
    this.#lastAcceptedAtMs = Math.max(this.#lastAcceptedAtMs, accepted.acceptedAtMs);
    const number = this.#kept.takeNumber();
    const entry = new OpenEntry(number, accepted, this.#lastAcceptedAtMs, this.#keeper);
    this.#inFlight.add(entry);
    this.#observer.commandRecorded();
    return entry;
  }

  interrupted(principalId?: string): readonly InterruptedCommand[] {
    const { interrupted } = this.#options;
    return principalId === undefined ? interrupted : interrupted.filter((each) => each.principalId === principalId);
  }

  async history(query: HistoryQuery, principalId?: string): Promise<GetCommandHistoryData> {
    await this.#commit.flushed();
    try {
      return await readHistory(this.#options.store, this.#kept.snapshot(), query, principalId);
    } catch (cause) {
      const message = 'Cannot list recorded commands: the journal cannot be read';
      throw isProtocolError(cause) ? cause : new ProtocolError('JOURNAL_UNAVAILABLE', message, { cause });
    }
  }

  keep(sessionId: string, read: () => SessionRecord): void {
    this.#sessionChanged(sessionId, read);
  }

  forget(sessionId: string): void {
    this.#sessionChanged(sessionId, null);
  }

  /** Writes what waits, notes that the run ended in order, and lets go of the store. Idempotent, never rejects. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  get #isUsable(): boolean {
    return this.#closed === undefined && !this.#commit.isFailed;
  }

  #finish(entry: OpenEntry, finished: FinishedCommand): Promise<void> | undefined {
    // One whose acceptance failed is over already.
    const isOpen = this.#leave(entry);
    const isSync = this.mode === 'sync';
    if (!isOpen || !this.#isUsable) {
      if (isOpen) this.#debts.owe(entry.unrecorded(this.#now()));
      return isSync ? Promise.reject(journalUnavailable()) : undefined;
    }
    const batch = entry.record(encodeEntry(entry.accepted, entry.acceptedAtMs, finished), finished.sessionId);
    return isSync ? batch.done : undefined;
  }

  /** The entry is not in flight any more. @returns whether it was. */
  #leave(entry: OpenEntry): boolean {
    if (!entry.isInFlight) return false;
    entry.isInFlight = false;
    this.#inFlight.delete(entry);
    return true;
  }

  #withdraw(entry: OpenEntry): void {
    if (!this.#leave(entry)) return;
    if (this.#isUsable) entry.takeBack();
    else this.#debts.owe(entry.withdrawn());
  }

  #sessionChanged(sessionId: string, read: (() => SessionRecord) | null): void {
    if (this.#isEnded) return;
    this.#changedSessions.set(sessionId, read);
    if (!this.#commit.isFailed) this.#commit.touch();
  }

  /** Puts everything into a batch that is to be in it when it is written. */
  #fill(batch: CommitBatch): void {
    const { changes } = batch;
    this.#kept.beginBatch();
    if (this.#removal !== undefined) {
      for (const key of this.#removal.keys) changes.set(key, null);
      this.#kept.remove(this.#removal);
      this.#removal = undefined;
    }
    for (const entry of batch.entries as readonly OpenEntry[]) {
      const chars = entry.contribute(changes, batch);
      // One that the removal has passed by, because it was in flight, is not among those that it counts.
      if (entry.number >= this.#kept.first) this.#kept.grow(chars);
    }
    this.#complete(changes);
  }

  /** What goes with every batch: the sessions that changed, and what is known of the whole. */
  #complete(changes: Map<string, string | null>): void {
    for (const [sessionId, read] of this.#changedSessions) {
      changes.set(sessionKey(sessionId), read === null ? null : JSON.stringify(read()));
    }
    this.#changedSessions.clear();
    const meta: JournalMeta = {
      commits: this.#commits + 1,
      ...this.#kept.snapshot(),
      ended: this.#isEnded,
    };
    changes.set(META_KEY, JSON.stringify(meta));
  }

  #committed(): void {
    this.#commits += 1;
    this.#options.mark.write(this.#commits);
    if (isFarOver(this.#kept, this.#options.retention)) this.#removeOldest();
  }

  /** Takes note of a batch that could not be written. @returns what those who wait for it are told. */
  #failed(error: unknown, { changes: lost }: CommitBatch): Error {
    const { logger, retryMs = RETRY_MS } = this.#options;
    this.#observer.batchFailed();
    this.#kept.takeBack();
    this.#removal = undefined;
    this.#debts.oweSessions(lost);
    const open = new Map(this.#inFlight.all().map((entry) => [entry.number, entry]));
    for (const [key, text] of lost) {
      if (isEntryKey(key) && text !== null) this.#lost(numberOf(key), open.get(numberOf(key)), text);
    }
    if (this.#retry === undefined && this.#closed === undefined) {
      logger.error(
        { event: 'journal', err: error },
        'the journal cannot be written to; commands that must be recorded are refused',
      );
      this.#retry = setInterval(() => {
        this.#repairing ??= this.#repair().finally(() => {
          this.#repairing = undefined;
        });
      }, retryMs);
      this.#retry.unref();
    }
    return journalUnavailable(error);
  }

  /** What becomes of an entry whose acceptance or outcome was in a batch that failed. */
  #lost(number: number, open: OpenEntry | undefined, text: string): void {
    if (open === undefined) {
      const entry = parseEntry(text);
      if (entry !== undefined) this.#debts.owe(whenOutcomeIsLost(number, entry, this.#now()));
    } else if (this.mode === 'sync' && open.isRecordedFirst) {
      // Nobody may run it now.
      this.#leave(open);
      this.#debts.owe(open.withdrawn());
    }
  }

  /** Opens the store again and writes what is owed. */
  async #repair(): Promise<void> {
    const { store, isWritable = async () => true, logger } = this.#options;
    if (!(await isWritable()) || this.#closed !== undefined) return;
    const changes = this.#debts.changes();
    this.#kept.beginBatch();
    this.#kept.grow(entryChars(changes, this.#kept.first));
    this.#complete(changes);
    try {
      await store.reopen();
      await store.write(changes, true);
      this.#commits += 1;
      this.#options.mark.write(this.#commits);
      this.#debts.paid(changes);
    } catch (error) {
      this.#kept.takeBack();
      this.#observer.batchFailed();
      this.#debts.oweSessions(changes);
      logger.warn({ event: 'journal', err: error }, 'the journal still cannot be written to');
      return;
    }
    clearInterval(this.#retry);
    this.#retry = undefined;
    this.#commit.resume();
    logger.info({ event: 'journal' }, 'the journal can be written to again');
    // What came to be owed while that was written.
    const rest = this.#debts.changes();
    this.#kept.grow(entryChars(rest, this.#kept.first));
    for (const [key, value] of rest) this.#commit.set(key, value);
    this.#debts.paid(rest);
  }

  #keepHouse(): void {
    this.#options.onHousekeeping?.();
    this.#removeOldest();
  }

  #removeOldest(): void {
    this.#removing ??= this.#removeAllOver().finally(() => {
      this.#removing = undefined;
    });
  }

  async #removeAllOver(): Promise<void> {
    const { store, retention, logger } = this.#options;
    try {
      while (this.#isUsable) {
        const removal = await nextRemoval(store, this.#kept.snapshot(), retention, this.#now());
        if (removal === undefined || !this.#isUsable) return;
        // One that has had its outcome since then is as any other, once that is written.
        const isOpen = (number: number): boolean =>
          this.#inFlight.find((entry) => entry.number === number) !== undefined;
        if (removal.passed.every(isOpen)) this.#removal = removal;
        await this.#commit.touch().done;
      }
    } catch (error) {
      if (!isProtocolError(error))
        logger.error({ event: 'journal', err: error }, 'old entries of the journal cannot be removed');
    }
  }

  async #close(): Promise<void> {
    const { store, mark, logger, onHousekeeping } = this.#options;
    clearInterval(this.#housekeeping);
    clearInterval(this.#retry);
    try {
      await this.#repairing;
      await this.#removing;
      await this.#commit.flushed();
      this.#isEnded = true;
      if (!this.#commit.isFailed) {
        this.#commit.touch();
        await this.#commit.flushed();
      }
      await store.close();
      mark.close();
      onHousekeeping?.();
    } catch (error) {
      logger.error({ event: 'journal', err: error }, 'the journal cannot be closed');
    }
  }
}
