import { mkdirSync, statSync } from 'node:fs';
import { StartupError } from './startup-error.ts';

/**
 * Makes sure the folder exists, is ours, and nobody else can put files into it. Created with mode 0700, parents included.
 *
 * Throws a `StartupError` that says what to do. The mode of a folder that exists is not changed: it may be shared on purpose, and
 * every secret file inside has its own mode.
 */
export function ensurePrivateDir(path: string, purpose: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StartupError(
      'NOT_PRIVATE',
      `Cannot create the ${purpose} ${path}: ${(cause as NodeJS.ErrnoException).code}; name another with ${purpose === STATE_DIR ? '--state-dir' : '--socket'}`,
      { cause },
    );
  }
  const { uid, mode } = statSync(path);
  if (uid !== process.getuid?.()) {
    throw new StartupError('NOT_PRIVATE', `Cannot use the ${purpose} ${path}: it belongs to another user`);
  }
  if ((mode & 0o022) !== 0) {
    throw new StartupError(
      'NOT_PRIVATE',
      `Cannot use the ${purpose} ${path}: others may write to it (mode ${(mode & 0o777).toString(8)}); run: chmod 700 ${path}`,
    );
  }
}

/** What the state folder is called in messages. */
export const STATE_DIR = 'state folder';
