import type { GetCommandHistoryData, RecordedCommand } from '@sessiond/protocol';
import { byCommandRange, bySessionRange, entryKey, entryRange, numberOf } from './journal-keys.ts';
import { isWithdrawn, parseEntry, type StoredEntry } from './journal-record.ts';
import type { HistoryQuery } from './journal-records.ts';
import type { JournalStore, StoredText } from './journal-store.ts';

const DEFAULT_LIMIT = 100;
/** What one page looks at, so that somebody who has no entries among many does not make it read them all. */
const MAX_EXAMINED = 10_000;
/** What one page holds, as text. */
const MAX_PAGE_CHARS = 1024 * 1024;
/** Entries that are read at once where an index says which: any of them may be as long as the longest answer. */
const READ_AT_ONCE = 16;

/** The numbers of the entries there are: from `first` on, before `next`. */
export interface EntryBounds {
  readonly first: number;
  readonly next: number;
}

/**
 * One page of the recorded commands, newest first. Found by session and by command id through an index, by time through bisection, for numbers
 * rise with time. Looks at 10,000 entries and gives out 1 MiB at most; the cursor says where to go on.
 */
export async function readHistory(
  store: JournalStore,
  bounds: EntryBounds,
  query: HistoryQuery,
  principalId: string | undefined,
): Promise<GetCommandHistoryData> {
  const { limit = DEFAULT_LIMIT, cursor, from, to, sessionId } = query;
  const first = from === undefined ? bounds.first : await firstSince(store, bounds, Date.parse(from));
  const last = to === undefined ? bounds.next : await firstSince(store, bounds, Date.parse(to));
  const before = Math.min(last, cursor === undefined ? last : Number(cursor));
  const entries: RecordedCommand[] = [];
  let [examined, chars] = [0, 0];
  for await (const page of newestFirst(store, query, first, before)) {
    for (const [key, text] of page) {
      const number = numberOf(key);
      examined += 1;
      const entry = text === undefined ? undefined : parseEntry(text);
      if (entry !== undefined && !isWithdrawn(entry) && isAsked(entry, sessionId, principalId)) {
        entries.push(recorded(number, entry));
        chars += text!.length;
      }
      if (entries.length >= limit || examined >= MAX_EXAMINED || chars >= MAX_PAGE_CHARS) {
        return number > first ? { entries, cursor: String(number) } : { entries };
      }
    }
  }
  return { entries };
}

/** The texts of the entries that may be meant, by the narrowest index. */
async function* newestFirst(
  store: JournalStore,
  { sessionId, commandId }: HistoryQuery,
  first: number,
  before: number,
): AsyncIterable<readonly StoredText[]> {
  if (sessionId === undefined && commandId === undefined) {
    yield* store.read({ ...entryRange(first, before), reverse: true });
    return;
  }
  const range =
    commandId !== undefined ? byCommandRange(commandId, first, before) : bySessionRange(sessionId!, first, before);
  for await (const indexKeys of store.readKeys({ ...range, reverse: true })) {
    for (let from = 0; from < indexKeys.length; from += READ_AT_ONCE) {
      const keys = indexKeys.slice(from, from + READ_AT_ONCE).map((key) => entryKey(numberOf(key)));
      const texts = await store.getMany(keys);
      yield keys.map((key, index) => [key, texts[index]] as const);
    }
  }
}

function isAsked(entry: StoredEntry, sessionId: string | undefined, principalId: string | undefined): boolean {
  if (principalId !== undefined && entry.principalId !== principalId) return false;
  return sessionId === undefined || entry.sessionId === sessionId || entry.finished?.sessionId === sessionId;
}

/** The lowest number of an entry that was let in at the time or later. */
async function firstSince(store: JournalStore, { first, next }: EntryBounds, timeMs: number): Promise<number> {
  let [low, high] = [first, next];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const found = await entryFrom(store, middle, high);
    // Nothing readable from the middle on: what is looked for can only be before it.
    if (found === undefined || found.acceptedAtMs >= timeMs) high = middle;
    else low = found.number + 1;
  }
  return low;
}

async function entryFrom(
  store: JournalStore,
  from: number,
  before: number,
): Promise<{ readonly number: number; readonly acceptedAtMs: number } | undefined> {
  for await (const page of store.read({ ...entryRange(from, before), limit: 1 })) {
    for (const [key, text] of page) {
      const entry = text === undefined ? undefined : parseEntry(text);
      return entry && { number: numberOf(key), acceptedAtMs: entry.acceptedAtMs };
    }
  }
  return undefined;
}

function recorded(number: number, entry: StoredEntry): RecordedCommand {
  const { type, commandId, idempotencyKey, principalId, correlationId, kept, acceptedAtMs, finished } = entry;
  const sessionId = finished?.sessionId ?? entry.sessionId;
  const outcome = finished?.outcome;
  return {
    number,
    command: type,
    ...(commandId !== undefined && { commandId }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(sessionId !== undefined && { sessionId }),
    principalId,
    correlationId,
    kept,
    acceptedAt: new Date(acceptedAtMs).toISOString(),
    ...(finished?.startedAtMs !== undefined && { startedAt: new Date(finished.startedAtMs).toISOString() }),
    ...(finished !== undefined && { finishedAt: new Date(finished.finishedAtMs).toISOString() }),
    state: outcome === undefined ? 'in-flight' : outcome.ok ? 'succeeded' : 'failed',
    ...(outcome?.ok === false && { code: outcome.fault.code }),
    ...(outcome?.ok === true && outcome.sessionVersion !== undefined && { sessionVersion: outcome.sessionVersion }),
  };
}
