import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RecoverySummary } from '@sessiond/protocol';
import type { Logger } from '../logger.ts';
import type { SessionRecord } from '../sessions/session-record.ts';
import { isStartupError, StartupError } from '../startup-error.ts';
import type { RecoveredCommand } from './command-journal.ts';
import { CommitMark } from './commit-mark.ts';
import { Journal } from './journal.ts';
import type { JournalObserver } from './journal-observer.ts';
import { FORMAT_VERSION } from './journal-record.ts';
import type { JournalStore } from './journal-store.ts';
import { isDamage, isLevelOpenError, LevelStore } from './level-store.ts';
import { makeFilesPrivate } from './private-files.ts';
import { type Recovered, recover } from './recovery.ts';
import type { RetentionLimits } from './retention.ts';
import { setAside } from './set-aside.ts';

/** Where a journal lies and what it is for. */
export interface OpenJournalOptions {
  /** Its folder; made with mode 0700, in a folder that exists. */
  readonly path: string;
  readonly mode: 'async' | 'sync';
  readonly retention: RetentionLimits;
  /** Outcomes that are read back at most; the latest. */
  readonly maxOutcomes: number;
  /**
   * Gets them, newest first, one at a time, so that there is no second copy of all that is remembered. No older one is read once it answers `false`. What was read of a journal
   * that then turns out to be damaged stays with whoever took it.
   */
  readonly restore: (command: RecoveredCommand) => boolean;
  readonly logger: Logger;
  readonly observer?: JournalObserver | undefined;
  /** Called once when another process has it open, before that one is waited for; what it throws ends the attempt. */
  readonly onLocked?: () => Promise<void>;
  /** How often a journal that failed is tried again; default 5 s. */
  readonly retryMs?: number;
}

/** A journal and what earlier runs have left in it. */
export interface OpenedJournal {
  readonly journal: Journal;
  /** Oldest first. */
  readonly sessions: readonly SessionRecord[];
}

/** Free space below which a journal that failed is not tried again: a log and a table file fit into it. */
const MIN_FREE_BYTES = 16 * 1024 * 1024;

/** How long a start waits for a daemon that is ending. */
const LOCK_WAIT_MS = 2_000;
const LOCK_RETRY_MS = 50;

const FORMAT_FILE = 'format.json';
const FORMAT_DRAFT = 'format.json.draft';
const OWNER_FILE = 'owner.pid';
const MARK_FILE = 'commits';
const STORE_FOLDER = 'store';
const FORMAT = 'sessiond-journal';

/**
 * Opens the journal in a folder and recovers what is in it.
 *
 * A folder that is no journal, and one whose files are damaged so that they cannot be read, is renamed, and an empty one takes its place.
 * Refused, with a `StartupError` that says what to do: one that another process has open, one of a newer version, and one that the system does not let be
 * read or written. Then nothing was changed.
 */
export async function openJournal(options: OpenJournalOptions): Promise<OpenedJournal> {
  const startedMs = performance.now();
  const { path, mode, logger } = options;
  let isSetAside = false;
  const makeRoom = (reason: string, err?: unknown): void => {
    const name = orUnusable(path, () => setAside(path, new Date()));
    isSetAside = true;
    logger.error(
      { event: 'journal', reason, setAside: name, err },
      `the journal is unreadable and was set aside as ${name}`,
    );
  };
  if (orUnusable(path, () => isForeign(path))) makeRoom('foreign');
  let opened: OpenedStore;
  try {
    opened = await openStore(options);
  } catch (error) {
    if (!(error instanceof UnreadableJournal)) throw error;
    makeRoom('damaged', error.cause);
    opened = await openStore(options);
  }
  const { store, mark, recovered } = opened;
  const recovery: RecoverySummary = {
    journal: mode,
    recoveredAt: new Date().toISOString(),
    durationMs: Math.round(performance.now() - startedMs),
    ...recovered.counts,
    setAside: isSetAside,
  };
  const { interrupted, sessions, meta, lastAcceptedAtMs } = recovered;
  logger.info({ event: 'journal', ...recovery }, 'the journal is open');
  const journal = new Journal({
    ...options,
    store,
    mark,
    meta,
    lastAcceptedAtMs,
    recovery,
    interrupted,
    isWritable: () => hasRoom(path),
    onHousekeeping: () => makeFilesPrivate(path),
  });
  return { journal, sessions };
}

interface OpenedStore {
  readonly store: JournalStore;
  readonly mark: CommitMark;
  readonly recovered: Recovered;
}

/** The journal is there and cannot be read. */
class UnreadableJournal extends Error {
  override readonly name = 'UnreadableJournal';
}

async function openStore({ path, maxOutcomes, restore, onLocked }: OpenJournalOptions): Promise<OpenedStore> {
  orUnusable(path, () => prepareFolder(path));
  const store = await openLevel(path, onLocked);
  let mark: CommitMark | undefined;
  try {
    writeFileSync(join(path, OWNER_FILE), `${process.pid}\n`, { mode: 0o600 });
    mark = CommitMark.open(join(path, MARK_FILE));
    const recovered = await recover(store, { maxOutcomes, restore, markedCommits: mark.read(), nowMs: Date.now() });
    mark.write(recovered.meta.commits);
    makeFilesPrivate(path);
    return { store, mark, recovered };
  } catch (error) {
    mark?.close();
    await store.close();
    if (isDamage(error)) throw new UnreadableJournal('The store cannot be read', { cause: error });
    throw unusable(path, error);
  }
}

/** Opens the store, when its owner has let go of it; waits for one that is ending. */
async function openLevel(path: string, onLocked: () => Promise<void> = async () => {}): Promise<JournalStore> {
  const deadlineMs = performance.now() + LOCK_WAIT_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await LevelStore.open(join(path, STORE_FOLDER));
    } catch (error) {
      if (!isLevelOpenError(error)) throw error;
      if (error.failure === 'damaged') throw new UnreadableJournal('The store cannot be opened', { cause: error });
      if (error.failure === 'unavailable') throw unusable(path, error);
      if (attempt === 1) await onLocked();
      if (performance.now() >= deadlineMs) throw lockedBy(path);
      await delay(LOCK_RETRY_MS);
    }
  }
}

/**
 * Whether something lies there that is no journal of ours. A link is followed: a journal may lie on another disk.
 * @throws StartupError for one of a newer version.
 */
function isForeign(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (!stats.isDirectory()) return true;
  // A start may have ended before its first file had its name.
  if (readdirSync(path).every((name) => name === FORMAT_DRAFT)) return false;
  const version = formatVersion(path);
  if (version === undefined) return true;
  if (version <= FORMAT_VERSION) return false;
  throw new StartupError(
    'JOURNAL_UNUSABLE',
    `Cannot start sessiond: the journal ${path} has format ${version}, this version reads ${FORMAT_VERSION}; install the newer version again, name another folder with --state-dir, or use --journal off`,
  );
}

/** `undefined` where no format is named; throws when the system does not let it be read. */
function formatVersion(path: string): number | undefined {
  try {
    const { format, version } = JSON.parse(readFileSync(join(path, FORMAT_FILE), 'utf8')) as Record<string, unknown>;
    return format === FORMAT && Number.isSafeInteger(version) ? (version as number) : undefined;
  } catch (error) {
    const { code = 'ENOENT' } = error as { readonly code?: string };
    if (code === 'ENOENT' || code === 'EISDIR') return undefined;
    throw error;
  }
}

function prepareFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (formatVersion(path) !== undefined) return;
  const draft = join(path, FORMAT_DRAFT);
  // On the disk before it has its name: a journal whose format cannot be read is nobody's.
  writeFileSync(draft, `${JSON.stringify({ format: FORMAT, version: FORMAT_VERSION })}\n`, {
    mode: 0o600,
    flush: true,
  });
  renameSync(draft, join(path, FORMAT_FILE));
}

/** What the system does not let be done to the folder is said as such. */
function orUnusable<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw isStartupError(error) ? error : unusable(path, error);
  }
}

function lockedBy(path: string): StartupError {
  let owner = 'another process';
  try {
    const pid = Number.parseInt(readFileSync(join(path, OWNER_FILE), 'utf8'), 10);
    if (!Number.isNaN(pid)) owner = `process ${pid}`;
  } catch {
    // It has not written its number yet.
  }
  return new StartupError(
    'ALREADY_RUNNING',
    `Cannot start sessiond: ${owner} has the journal ${path} open; use that daemon, stop it, or name another folder with --state-dir`,
  );
}

function unusable(path: string, cause: unknown): StartupError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `Cannot start sessiond: the journal ${path} cannot be used: ${reason}; free disk space or correct the permissions, or use --journal off`;
  return new StartupError('JOURNAL_UNUSABLE', message, { cause });
}

async function hasRoom(path: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize >= MIN_FREE_BYTES;
  } catch {
    return true;
  }
}
