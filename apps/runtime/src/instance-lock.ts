import { setTimeout as delay } from 'node:timers/promises';
import { type FileLock, tryLock } from '@sessiond/token-file/file-lock';
import { StartupError } from './startup-error.ts';

/** How long a start waits for another one to finish. */
const WAIT_MS = 5000;

const RETRY_MS = 20;

/**
 * Makes the starts of several daemons on one socket path happen one after another.
 *
 * The lock covers only the start: whether a daemon *runs* is told by the socket that answers, never by a file that a crash leaves
 * behind.
 *
 * Throws a `StartupError` with the pid of the other start after `waitMs`.
 */
export async function acquireInstanceLock(path: string, waitMs: number = WAIT_MS): Promise<FileLock> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const attempt = tryLock(path);
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
