import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { StartupError } from './startup-error.ts';

/** A start holds the lock for some milliseconds; one that held it this long is gone, and its pid has a new owner. */
const STALE_AFTER_MS = 30_000;

/** How long a start waits for another one to finish. */
const WAIT_MS = 5000;

const RETRY_MS = 20;

/** The right to take over a socket path, until released. */
export interface InstanceLock {
  /** Gives the lock up; idempotent, never throws. */
  release(): void;
}

interface Holder {
  readonly pid: number;
  readonly nonce: string;
}

/**
 * Makes the starts of several daemons on one socket path happen one after another.
 *
 * The lock covers only the start: whether a daemon *runs* is told by the socket that answers, never by a file that a crash leaves
 * behind. Node has no file locks, so this one is a file that a link creates exclusively. The lock of a dead process is removed by whoever
 * holds the lock named after that very lock, so that two who both saw it dead cannot remove each other's fresh one.
 *
 * Throws a `StartupError` with the pid of the other start after `waitMs`.
 */
export async function acquireInstanceLock(path: string, waitMs: number = WAIT_MS): Promise<InstanceLock> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const attempt = tryAcquire(path);
    if ('release' in attempt) return attempt;
    if (performance.now() >= deadline) {
      throw new StartupError(
        'ALREADY_RUNNING',
        `Cannot start sessiond: process ${attempt.pid} is starting one right now`,
      );
    }
    await delay(RETRY_MS);
  }
}

/** One attempt, without waiting: the lock, or who holds it. */
export function tryAcquire(path: string): InstanceLock | Holder {
  const own: Holder = { pid: process.pid, nonce: randomBytes(8).toString('hex') };
  for (;;) {
    if (createExclusively(path, own)) return { release: () => removeIfHeldBy(path, own) };
    const holder = readHolder(path);
    if (holder === null) continue;
    if (!isGone(path, holder)) return holder;
    const removal = tryAcquire(`${path}.${holder.nonce}`);
    if (!('release' in removal)) return removal;
    removeIfHeldBy(path, holder);
    removal.release();
  }
}

function createExclusively(path: string, holder: Holder): boolean {
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

function readHolder(path: string): Holder | null {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>;
    const valid = Number.isSafeInteger(holder.pid) && /^[0-9a-f]{16}$/.test(holder.nonce ?? '');
    return valid ? (holder as Holder) : { pid: 0, nonce: 'unreadable' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    return { pid: 0, nonce: 'unreadable' };
  }
}

function isGone(path: string, { pid }: Holder): boolean {
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

function removeIfHeldBy(path: string, { nonce }: Holder): void {
  if (readHolder(path)?.nonce === nonce) rmSync(path, { force: true });
}
