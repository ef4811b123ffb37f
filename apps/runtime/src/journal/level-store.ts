import type { ClassicLevel } from 'classic-level';
import { sealed, unsealed } from './checksum.ts';
import type { Changes, JournalStore, ReadOptions, StoredText } from './journal-store.ts';

const PAGE_ENTRIES = 1_000;
const PAGE_BYTES = 256 * 1024;
/** Held in memory before it goes to a table file, twice at most and only under load: small ones are merged with others all the more often. */
const WRITE_BUFFER_BYTES = 8 * 1024 * 1024;
/** Little is read twice. */
const CACHE_BYTES = 1024 * 1024;
const MAX_OPEN_FILES = 64;

/** Why a store cannot be opened. */
export type LevelFailure = 'locked' | 'damaged' | 'unavailable';

/** The store cannot be opened: another process has it, its files are damaged, or the system does not let it be read or written. */
export class LevelOpenError extends Error {
  override readonly name = 'LevelOpenError';
  readonly failure: LevelFailure;

  constructor(failure: LevelFailure, cause: unknown) {
    super(`Cannot open the store: ${failure}: ${reasonOf(cause)}`, { cause });
    this.failure = failure;
  }
}

/** Tells that a store cannot be opened from a defect. */
export function isLevelOpenError(error: unknown): error is LevelOpenError {
  return error instanceof LevelOpenError;
}

/**
 * A store in a folder of LevelDB: a log that every batch is appended to, and sorted tables. Nothing else knows that it is LevelDB.
 *
 * Survives the end of the process at any moment and, what was written durably, that of the machine. One process at a time.
 */
export class LevelStore implements JournalStore {
  readonly #level: ClassicLevel<string, string>;

  private constructor(level: ClassicLevel<string, string>) {
    this.#level = level;
  }

  /** Opens the folder, which is made if there is none. @throws LevelOpenError */
  static async open(path: string): Promise<LevelStore> {
    // A native module, which whoever keeps no journal does without; by its default, the only export that CommonJS has in a bundle.
    const { default: classicLevel } = await import('classic-level');
    const store = new LevelStore(
      new classicLevel.ClassicLevel<string, string>(path, {
        keyEncoding: 'utf8',
        valueEncoding: 'utf8',
        writeBufferSize: WRITE_BUFFER_BYTES,
        cacheSize: CACHE_BYTES,
        maxOpenFiles: MAX_OPEN_FILES,
      }),
    );
    await store.#open();
    return store;
  }

  write(changes: Changes, isDurable: boolean): Promise<void> {
    const batch = this.#level.batch();
    for (const [key, value] of changes) {
      if (value === null) batch.del(key);
      else batch.put(key, sealed(value));
    }
    return batch.write({ sync: isDurable });
  }

  async get(key: string): Promise<string | undefined> {
    return opened(await this.#level.get(key));
  }

  async getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    return (await this.#level.getMany([...keys])).map(opened);
  }

  async *read(options: ReadOptions): AsyncIterable<StoredText[]> {
    const iterator = this.#level.iterator({ ...options, highWaterMarkBytes: PAGE_BYTES });
    try {
      let next = iterator.nextv(PAGE_ENTRIES);
      for (;;) {
        const page = await next;
        if (page.length === 0) return;
        // Read by another thread while the reader looks at this one, who may want no more of them.
        next = iterator.nextv(PAGE_ENTRIES);
        next.catch(() => {});
        yield page.map(([key, value]) => [key, opened(value)] as const);
      }
    } finally {
      await iterator.close();
    }
  }

  async *readKeys(options: ReadOptions): AsyncIterable<string[]> {
    const iterator = this.#level.keys({ ...options, highWaterMarkBytes: PAGE_BYTES });
    try {
      for (;;) {
        const page = await iterator.nextv(PAGE_ENTRIES);
        if (page.length === 0) return;
        yield page;
      }
    } finally {
      await iterator.close();
    }
  }

  async reopen(): Promise<void> {
    await this.#level.close();
    await this.#open();
  }

  close(): Promise<void> {
    return this.#level.close();
  }

  async #open(): Promise<void> {
    try {
      await this.#level.open();
    } catch (error) {
      const cause = (error as Error).cause ?? error;
      throw new LevelOpenError(failureOf(cause), cause);
    }
  }
}

/** Whether files of the store are damaged, as an error says that came while it was read or written; a full disk, for example, is no damage. */
export function isDamage(error: unknown): boolean {
  const { code } = error as { readonly code?: string };
  return (code === 'LEVEL_CORRUPTION' || code === 'LEVEL_IO_ERROR') && failureOf(error) === 'damaged';
}

function opened(value: string | undefined): string | undefined {
  return value === undefined ? undefined : unsealed(value);
}

/** What the system says when it is not the files that are wrong. */
const SYSTEM_REASONS =
  /no space left|permission denied|read-only file system|too many open files|quota exceeded|not permitted/i;

function failureOf(cause: unknown): LevelFailure {
  const { code } = cause as { readonly code?: string };
  if (code === 'LEVEL_LOCKED') return 'locked';
  return SYSTEM_REASONS.test(reasonOf(cause)) ? 'unavailable' : 'damaged';
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
