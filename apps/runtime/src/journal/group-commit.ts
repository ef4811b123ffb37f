import type { JournalStore } from './journal-store.ts';

/** How soon and how firmly changes are written. */
export interface GroupCommitOptions {
  /** Whether a batch counts as written only when it is on the disk itself. */
  readonly isDurable: boolean;
  /** How long the first change of a batch waits for others; 0 until the end of the turn of the event loop. */
  readonly delayMs: number;
  /** Called right before a batch is written: puts what its entries have become into its changes, and what goes with every batch. */
  readonly complete: (batch: CommitBatch) => void;
  readonly onWritten: (batch: WrittenBatch) => void;
  /**
   * A batch could not be written, or was never begun because the one before it could not; nothing is, from now on, until {@link GroupCommit.resume}.
   * Gets what is lost, and answers with what those who wait for it are told.
   */
  readonly onFailed: (error: unknown, lost: CommitBatch) => Error;
}

/** A batch that was written. */
export interface WrittenBatch {
  readonly changes: number;
  readonly durationMs: number;
}

/** Changes that are written together: all of them or none. */
export interface Batch {
  readonly state: 'open' | 'writing' | 'written' | 'failed';
  /** Settles when it is written, or cannot be. */
  readonly done: Promise<void>;
}

/** What is to be written, but not before it is known what becomes of it until then: most commands are over before their batch is. */
export interface BatchEntry {
  /** Puts into the changes of the batch what it is now. @returns the size of what stays as it is from now on. */
  contribute(changes: Map<string, string | null>, batch: Batch): number;
}

/** A batch as those see it who fill it. */
export interface CommitBatch extends Batch {
  readonly changes: Map<string, string | null>;
  /** Each of them once. */
  readonly entries: readonly BatchEntry[];
}

interface OpenBatch extends CommitBatch {
  state: Batch['state'];
  readonly entries: BatchEntry[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers changes and writes them in batches, one at a time and in order: what comes while one is written goes into the next. Of several changes
 * under one key in a batch, only the last is written.
 *
 * What waits is bounded by whoever makes changes: `queuedChars` says how much it is.
 */
export class GroupCommit {
  readonly #store: Pick<JournalStore, 'write'>;
  readonly #options: GroupCommitOptions;
  #open: OpenBatch | undefined;
  #writing: OpenBatch | undefined;
  #timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  #queuedChars = 0;
  #isFailed = false;

  constructor(store: Pick<JournalStore, 'write'>, options: GroupCommitOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** The size of what waits to be written or is being written. */
  get queuedChars(): number {
    return this.#queuedChars;
  }

  /** Puts a value under a key, or with `null` removes it. @returns the batch it goes with. */
  set(key: string, value: string | null): Batch {
    const batch = this.touch();
    batch.changes.set(key, value);
    this.#queuedChars += key.length + (value?.length ?? 0);
    return batch;
  }

  /** The batch that the next change goes with; it is written even if there is none. Not called after a failure. */
  touch(): OpenBatch {
    this.#open ??= openBatch();
    const batch = this.#open;
    if (this.#writing === undefined && this.#timer === undefined) this.#schedule();
    return batch;
  }

  /**
   * Has an entry asked what it is when the batch is written.
   * @param previous the batch it went with before; when that is still open, it stays there.
   * @param chars about what it adds to what waits.
   */
  add(entry: BatchEntry, previous: Batch | undefined, chars: number): Batch {
    const batch = this.touch();
    if (previous !== batch) batch.entries.push(entry);
    this.#queuedChars += chars;
    return batch;
  }

  /** Resolves when all changes until now are written, or cannot be; waits for no company. */
  async flushed(): Promise<void> {
    const batch = this.#open ?? this.#writing;
    if (this.#writing === undefined) this.#write();
    await batch?.done.catch(() => {});
  }

  /** Goes on after a failure, once the store takes batches again. */
  resume(): void {
    this.#isFailed = false;
  }

  /** Whether a batch could not be written, and nothing is since. */
  get isFailed(): boolean {
    return this.#isFailed;
  }

  #schedule(): void {
    const { delayMs } = this.#options;
    this.#timer = delayMs === 0 ? setImmediate(() => this.#write()) : setTimeout(() => this.#write(), delayMs);
  }

  #write(): void {
    clearTimeout(this.#timer as NodeJS.Timeout | undefined);
    clearImmediate(this.#timer as NodeJS.Immediate | undefined);
    this.#timer = undefined;
    const batch = this.#open;
    if (batch === undefined || this.#writing !== undefined) return;
    this.#open = undefined;
    this.#writing = batch;
    batch.state = 'writing';
    this.#options.complete(batch);
    const chars = this.#queuedChars;
    const startedMs = performance.now();
    const written = (): void => {
      this.#writing = undefined;
      this.#queuedChars -= chars;
      batch.state = 'written';
      this.#options.onWritten({ changes: batch.changes.size, durationMs: performance.now() - startedMs });
      batch.resolve();
      if (this.#open === undefined) return;
      if (this.#options.delayMs === 0) this.#write();
      else this.#schedule();
    };
    const failed = (error: unknown): void => {
      this.#writing = undefined;
      this.#isFailed = true;
      this.#lose(batch, error);
      if (this.#open !== undefined) this.#lose(this.#open, error);
    };
    this.#store.write(batch.changes, this.#options.isDurable).then(written, failed);
  }

  #lose(batch: OpenBatch, error: unknown): void {
    if (batch === this.#open) {
      this.#open = undefined;
      for (const entry of batch.entries) entry.contribute(batch.changes, batch);
    }
    this.#queuedChars = 0;
    batch.state = 'failed';
    batch.reject(this.#options.onFailed(error, batch));
  }
}

function openBatch(): OpenBatch {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const done = new Promise<void>((onDone, onError) => {
    resolve = onDone;
    reject = onError;
  });
  // Nobody may be waiting for it.
  done.catch(() => {});
  return { state: 'open', changes: new Map(), entries: [], done, resolve, reject };
}
