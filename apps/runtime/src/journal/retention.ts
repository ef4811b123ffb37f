import { byCommandKey, bySessionKey, entryKey, entryRange, numberOf } from './journal-keys.ts';
import { isWithdrawn, parseEntry, type StoredEntry, type WithdrawnEntry } from './journal-record.ts';
import type { JournalStore } from './journal-store.ts';

/** How much of the past is kept; `null` for all of it. What is over any of the limits goes, the oldest first. */
export interface RetentionLimits {
  readonly maxEntries: number | null;
  readonly maxAgeMs: number | null;
  readonly maxBytes: number | null;
}

/** What is kept at the moment. */
export interface Kept {
  /** Number of the oldest entry. */
  readonly first: number;
  /** Number of the next entry. */
  readonly next: number;
  readonly bytes: number;
}

/** What is to be removed, to be written in one batch. */
export interface Removal {
  readonly keys: readonly string[];
  /** Number of the oldest entry after it. */
  readonly first: number;
  /** Size of what goes. */
  readonly bytes: number;
  /** Numbers of those that are passed by, because they had no outcome on record. */
  readonly passed: readonly number[];
}

/** The part of a limit that may be over it before that is looked after at once: many are removed together at less cost than one by one. */
const MAX_EXCESS = 0.1;
/** Entries, and their size, that may be over it in any case. */
const MIN_EXCESS_ENTRIES = 1_000;
const MIN_EXCESS_BYTES = 1024 * 1024;
/** Entries that one batch removes at most. */
const BATCH_ENTRIES = 1_000;

/** Whether so much more is kept than the limits say that it is not left to the next time of the minute. */
export function isFarOver({ first, next, bytes }: Kept, { maxEntries, maxBytes }: RetentionLimits): boolean {
  return (
    (maxEntries !== null && next - first > withExcess(maxEntries, MIN_EXCESS_ENTRIES)) ||
    (maxBytes !== null && bytes > withExcess(maxBytes, MIN_EXCESS_BYTES))
  );
}

/** The oldest entries over the limits, 1,000 at most; `undefined` when there are none. Commands without an outcome stay, whatever their age. */
export async function nextRemoval(
  store: Pick<JournalStore, 'read'>,
  kept: Kept,
  limits: RetentionLimits,
  nowMs: number,
): Promise<Removal | undefined> {
  const { maxEntries, maxAgeMs, maxBytes } = limits;
  const keys: string[] = [];
  const passed: number[] = [];
  let { first, bytes } = kept;
  for await (const page of store.read({ ...entryRange(first, kept.next), limit: BATCH_ENTRIES })) {
    for (const [key, text] of page) {
      const number = numberOf(key);
      const entry = text === undefined ? undefined : parseEntry(text);
      const isOver =
        (maxEntries !== null && kept.next - number > maxEntries) ||
        (maxBytes !== null && bytes > maxBytes) ||
        (maxAgeMs !== null && (entry === undefined || nowMs - entry.acceptedAtMs > maxAgeMs));
      if (!isOver) return removal(kept, { keys, passed, first, bytes });
      first = number + 1;
      if (entry !== undefined && !isWithdrawn(entry) && entry.finished === undefined) {
        passed.push(number);
        continue;
      }
      bytes -= text?.length ?? 0;
      keys.push(...keysOf(number, entry));
    }
  }
  return removal(kept, { keys, passed, first, bytes });
}

/** Every key that an entry takes. */
export function keysOf(number: number, entry: StoredEntry | WithdrawnEntry | undefined): string[] {
  const keys = [entryKey(number)];
  if (entry === undefined || isWithdrawn(entry)) return keys;
  const sessionIds = new Set([entry.sessionId, entry.finished?.sessionId]);
  for (const id of sessionIds) if (id !== undefined) keys.push(bySessionKey(id, number));
  if (entry.commandId !== undefined) keys.push(byCommandKey(entry.commandId, number));
  return keys;
}

/** @param left what it looks like afterwards. */
function removal(kept: Kept, left: Removal): Removal | undefined {
  return left.first === kept.first ? undefined : { ...left, bytes: kept.bytes - left.bytes };
}

/** What a limit lets through until the next time of the minute. */
function withExcess(limit: number, least: number): number {
  return limit + Math.max(least, limit * MAX_EXCESS);
}
