import type { KeyRange } from './journal-keys.ts';

/** What is to be put under keys; `null` removes. */
export type Changes = ReadonlyMap<string, string | null>;

/** Which keys are read, how many, and from which end. */
export interface ReadOptions extends KeyRange {
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** A key and its value; `undefined` for one that is damaged. */
export type StoredText = readonly [key: string, value: string | undefined];

/**
 * An ordered store of texts under keys that are texts. All of a batch is in it, or nothing. A value that is not what was written is noticed and given out as
 * `undefined`.
 *
 * After a batch has failed the store takes no other until it was opened again; what was written before can still be read.
 */
export interface JournalStore {
  /** Rejects when it cannot be written. `isDurable`: not before it is on the disk itself. */
  write(changes: Changes, isDurable: boolean): Promise<void>;
  get(key: string): Promise<string | undefined>;
  getMany(keys: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** Pages of keys with their values, read ahead by no more than a page. */
  read(options: ReadOptions): AsyncIterable<readonly StoredText[]>;
  /** Pages of keys. */
  readKeys(options: ReadOptions): AsyncIterable<readonly string[]>;
  /** Closes the store and opens it again, after a failure. Rejects when that is not possible; then nothing can be read either. */
  reopen(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}
