import type { InterruptedCommand, ProtocolFault, RecoverySummary } from '@sessiond/protocol';
import { expiresAtMs, isPtyRecord, type SessionRecord } from '../sessions/session-record.ts';
import type { FinishedCommand, RecoveredCommand } from './command-journal.ts';
import {
  entryKey,
  entryRange,
  META_KEY,
  numberOf,
  PENDING_RANGE,
  pendingKey,
  SESSION_RANGE,
  sessionKey,
} from './journal-keys.ts';
import {
  encodeFinished,
  isWithdrawn,
  type JournalMeta,
  parseEntry,
  parseMeta,
  parseSession,
  type StoredEntry,
} from './journal-record.ts';
import type { JournalStore, StoredText } from './journal-store.ts';
import { entryChars } from './open-entry.ts';
import { keysOf } from './retention.ts';

/** What earlier runs have left in the journal. */
export interface Recovered {
  /** Where this run goes on. */
  readonly meta: JournalMeta;
  readonly lastAcceptedAtMs: number;
  /** The latest of those that were in flight, oldest first. */
  readonly interrupted: readonly InterruptedCommand[];
  /** Finished sessions whose retention is not over, oldest first. */
  readonly sessions: readonly SessionRecord[];
  readonly counts: Omit<RecoverySummary, 'journal' | 'recoveredAt' | 'durationMs' | 'setAside'>;
}

/** What recovery is told. */
export interface RecoveryOptions {
  /** Number of the last batch that was written, as far as is known beside the store. */
  readonly markedCommits: number;
  /** Outcomes that are read; of more, the latest. */
  readonly maxOutcomes: number;
  /** Gets the outcomes of commands with an id or an idempotency key, newest first; also of those that were in flight. No older one is read once it answers `false`. */
  readonly restore: (command: RecoveredCommand) => boolean;
  /** Milliseconds of the wall clock. */
  readonly nowMs: number;
}

const INTERRUPTED: ProtocolFault = Object.freeze({
  code: 'INTERRUPTED_BY_RESTART',
  message: 'The server ended while the command ran; whether it took effect is not known',
});
const MAX_INTERRUPTED = 1_000;
const NEW_JOURNAL: JournalMeta = Object.freeze({ commits: 0, next: 1, first: 1, bytes: 0, ended: true });

/**
 * Reads what earlier runs have left, and puts on record what follows from it: commands in flight are interrupted, sessions whose program ran are
 * lost, those whose retention is over are gone. All that in one batch, so that an end in the middle of it changes nothing.
 */
export async function recover(store: JournalStore, options: RecoveryOptions): Promise<Recovered> {
  const { nowMs, markedCommits } = options;
  const changes = new Map<string, string | null>();
  const storedMeta = await store.get(META_KEY);
  const meta = (storedMeta === undefined ? undefined : parseMeta(storedMeta)) ?? NEW_JOURNAL;
  const { interrupted, older } = await interruptPending(store, meta.first, nowMs, changes);
  await removeLeftOver(store, meta.first, changes);
  const past = await readEntries(store, meta.first, options, changes);
  const { sessions, lost, damaged } = await readSessions(store, nowMs, changes);
  const next = Math.max(meta.next, past.next);
  const first = await oldestNumber(store, meta.first, next);
  const bytes = meta.bytes + entryChars(changes, first);
  const now: JournalMeta = {
    ...meta,
    bytes,
    commits: Math.max(meta.commits, markedCommits) + 1,
    next,
    first,
    ended: false,
  };
  changes.set(META_KEY, JSON.stringify(now));
  await store.write(changes, true);
  const restored = past.isEnough ? 0 : restoredOf(older.reverse(), options.restore);
  return {
    meta: now,
    lastAcceptedAtMs: past.lastAcceptedAtMs,
    interrupted: interrupted.slice(-MAX_INTERRUPTED),
    sessions,
    counts: {
      previousRun: meta === NEW_JOURNAL && next === 1 ? 'none' : meta.ended ? 'ended' : 'interrupted',
      outcomes: past.outcomes + restored,
      interrupted: interrupted.length,
      sessions: sessions.length,
      lostSessions: lost,
      missingWrites: Math.max(0, markedCommits - meta.commits) + past.missing,
      damagedRecords: past.damaged + damaged,
    },
  };
}

/** Gives every entry without an outcome the one that it was interrupted. `older` are those from before the oldest entry that is kept. */
async function interruptPending(
  store: JournalStore,
  first: number,
  nowMs: number,
  changes: Map<string, string | null>,
): Promise<{ interrupted: InterruptedCommand[]; older: RecoveredCommand[] }> {
  const interrupted: InterruptedCommand[] = [];
  const older: RecoveredCommand[] = [];
  for await (const page of store.readKeys(PENDING_RANGE)) {
    const numbers = page.map(numberOf);
    const texts = await store.getMany(numbers.map(entryKey));
    for (const [index, number] of numbers.entries()) {
      changes.set(pendingKey(number), null);
      const entry = parseEntry(texts[index] ?? '');
      if (entry === undefined || isWithdrawn(entry) || entry.finished !== undefined) continue;
      const { sessionId, instance } = entry;
      const finished: FinishedCommand = {
        outcome: { ok: false, fault: INTERRUPTED },
        ...(instance !== undefined && { sessionId, instance }),
        finishedAtMs: nowMs,
      };
      changes.set(entryKey(number), encodeFinished(entry, finished));
      interrupted.push(interruptedCommand(entry));
      const command = number < first ? recoveredCommand({ ...entry, finished }) : undefined;
      if (command !== undefined) older.push(command);
    }
  }
  return { interrupted, older };
}

/** Removes entries that retention passed by, because their commands were in flight, and that have had their outcome since. */
async function removeLeftOver(store: JournalStore, first: number, changes: Map<string, string | null>): Promise<void> {
  for await (const page of store.read(entryRange(0, first))) {
    for (const [key, text] of page) {
      if (changes.has(key)) continue;
      const entry = text === undefined ? undefined : parseEntry(text);
      for (const each of keysOf(numberOf(key), entry)) changes.set(each, null);
    }
  }
}

/** The number of the oldest entry from `first` on; `next` where there is none. */
async function oldestNumber(store: JournalStore, first: number, next: number): Promise<number> {
  for await (const [key] of store.readKeys({ ...entryRange(first, next), limit: 1 })) return numberOf(key!);
  return next;
}

interface Past {
  /** Outcomes that were taken. */
  readonly outcomes: number;
  /** Whether no older ones are wanted. */
  readonly isEnough: boolean;
  readonly next: number;
  readonly oldest: number | undefined;
  readonly lastAcceptedAtMs: number;
  /** Numbers without an entry. */
  readonly missing: number;
  readonly damaged: number;
}

/** Hands out the latest entries, as `changes` would have them. */
async function readEntries(
  store: JournalStore,
  first: number,
  { maxOutcomes, restore }: RecoveryOptions,
  changes: ReadonlyMap<string, string | null>,
): Promise<Past> {
  let [outcomes, next, lastAcceptedAtMs, missing, damaged] = [0, 0, 0, 0, 0];
  let oldest: number | undefined;
  let isEnough = false;
  const look = ([key, stored]: StoredText): void => {
    const number = numberOf(key);
    if (oldest === undefined) next = number + 1;
    else missing += oldest - number - 1;
    oldest = number;
    const text = changes.get(key) ?? stored;
    const entry = text === undefined ? undefined : parseEntry(text);
    if (entry === undefined) {
      damaged += 1;
      return;
    }
    lastAcceptedAtMs = Math.max(lastAcceptedAtMs, entry.acceptedAtMs);
    const command = isWithdrawn(entry) ? undefined : recoveredCommand(entry);
    if (command === undefined) return;
    if (restore(command)) outcomes += 1;
    else isEnough = true;
    if (outcomes >= maxOutcomes) isEnough = true;
  };
  for await (const page of store.read({ ...entryRange(first), reverse: true })) {
    for (const each of page) if (!isEnough) look(each);
    if (isEnough) break;
  }
  return { outcomes, isEnough, next, oldest, lastAcceptedAtMs, missing, damaged };
}

/** @returns how many were taken. */
function restoredOf(commands: readonly RecoveredCommand[], restore: RecoveryOptions['restore']): number {
  const refused = commands.findIndex((command) => !restore(command));
  return refused === -1 ? commands.length : refused;
}

async function readSessions(
  store: JournalStore,
  nowMs: number,
  changes: Map<string, string | null>,
): Promise<{ sessions: SessionRecord[]; lost: number; damaged: number }> {
  const sessions: SessionRecord[] = [];
  let [lost, damaged] = [0, 0];
  for await (const page of store.read(SESSION_RANGE)) {
    for (const [key, text] of page) {
      const stored = text === undefined ? undefined : parseSession(text);
      if (stored === undefined) {
        damaged += 1;
        changes.set(key, null);
        continue;
      }
      const isLost = stored.info.state !== 'stopped';
      const record = isLost ? lostSession(stored, nowMs) : stored;
      if (expiresAtMs(record) <= nowMs) {
        changes.set(key, null);
        continue;
      }
      if (isLost) {
        lost += 1;
        changes.set(sessionKey(record.info.sessionId), JSON.stringify(record));
      }
      sessions.push(record);
    }
  }
  sessions.sort((a, b) => Date.parse(a.info.createdAt) - Date.parse(b.info.createdAt));
  return { sessions, lost, damaged };
}

/** A session whose program ran when the server was gone: its end is not known. */
function lostSession(record: SessionRecord, nowMs: number): SessionRecord {
  const exit = record.info.exit ?? { exitCode: null, signal: null, reason: 'lost' as const };
  const ended = { state: 'stopped', exit, stoppedAt: new Date(nowMs).toISOString() } as const;
  return isPtyRecord(record)
    ? { ...record, info: { ...record.info, ...ended } }
    : { ...record, info: { ...record.info, ...ended } };
}

function recoveredCommand(entry: StoredEntry): RecoveredCommand | undefined {
  const { principalId, type, commandId, idempotencyKey, fingerprint, rights, sessionId, finished } = entry;
  if (finished === undefined || (commandId === undefined && idempotencyKey === undefined)) return undefined;
  return {
    principalId,
    commandId,
    idempotencyKey,
    fingerprint,
    rights,
    type,
    sessionId: finished.sessionId ?? sessionId,
    instance: finished.instance,
    finishedAtMs: finished.finishedAtMs,
    outcome: finished.outcome,
  };
}

function interruptedCommand({
  type,
  commandId,
  sessionId,
  principalId,
  acceptedAtMs,
}: StoredEntry): InterruptedCommand {
  return {
    command: type,
    ...(commandId !== undefined && { commandId }),
    ...(sessionId !== undefined && { sessionId }),
    principalId,
    acceptedAt: new Date(acceptedAtMs).toISOString(),
  };
}
