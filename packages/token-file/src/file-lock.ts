import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';

/** One that is held this long belongs to a process that is gone, and its pid has a new owner. */
const STALE_AFTER_MS = 30_000;

/** The right to change what the lock stands for, until released. */
export interface FileLock {
  /** Gives the lock up; idempotent, never throws. */
  release(): void;
}

/** Who holds a lock. */
export interface FileLockHolder {
  /** 0 when the file does not say. */
  readonly pid: number;
  readonly nonce: string;
}

/**
 * One attempt to hold a lock for some milliseconds, without waiting: the lock, or who holds it.
 *
 * Node has no file locks, so this one is a file that a link creates exclusively. The lock of a dead process, and one that is older than
 * 30 seconds, is removed by whoever holds the lock named after that very lock, so that two who both saw it dead cannot remove each
 * other's fresh one. Throws the error of the system when the folder cannot be written to.
 */
export function tryLock(path: string): FileLock | FileLockHolder {
  const own: FileLockHolder = { pid: process.pid, nonce: randomBytes(8).toString('hex') };
  for (;;) {
    if (createExclusively(path, own)) return { release: () => removeIfHeldBy(path, own) };
    const holder = readHolder(path);
    if (holder === null) continue;
    if (!isGone(path, holder)) return holder;
    const removal = tryLock(`${path}.${holder.nonce}`);
    if (!('release' in removal)) return removal;
    removeIfHeldBy(path, holder);
    removal.release();
  }
}

function createExclusively(path: string, holder: FileLockHolder): boolean {
  const draft = `${path}.${holder.nonce}.draft`;
  writeFileSync(draft, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

function readHolder(path: string): FileLockHolder | null {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Partial<FileLockHolder>;
    const valid = Number.isSafeInteger(holder.pid) && /^[0-9a-f]{16}$/.test(holder.nonce ?? '');
    return valid ? (holder as FileLockHolder) : { pid: 0, nonce: 'unreadable' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    return { pid: 0, nonce: 'unreadable' };
  }
}

function isGone(path: string, { pid }: FileLockHolder): boolean {
  try {
    if (Date.now() - statSync(path).mtimeMs > STALE_AFTER_MS) return true;
  } catch {
    return true;
  }
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function removeIfHeldBy(path: string, { nonce }: FileLockHolder): void {
  if (readHolder(path)?.nonce === nonce) rmSync(path, { force: true });
}
