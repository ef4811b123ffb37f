import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartupError } from './startup-error.ts';

const TOKEN_BYTES = 32;

/** What a token file may hold: at least 128 bits in base64url, and nothing a header could not carry. */
const TOKEN_PATTERN = /^[A-Za-z0-9_-]{22,512}$/;

/** A token and the file it lives in. */
export interface StoredToken {
  readonly path: string;
  readonly token: string;
}

/** Where the token of a state folder lies. */
export function tokenPath(stateDir: string): string {
  return join(stateDir, 'token');
}

/**
 * Reads the token of the state folder; creates it on the first start: 32 random bytes as base64url, mode 0600.
 *
 * Of two first starts at once both get the same token, and no reader ever sees half a file.
 * Throws a `StartupError` when the file belongs to someone else, can be read by others, or does not hold a token.
 */
export function loadToken(stateDir: string): StoredToken {
  const path = tokenPath(stateDir);
  const existing = readToken(path);
  if (existing !== null) return { path, token: existing };
  const draft = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`, { flag: 'wx', mode: 0o600, flush: true });
  try {
    // A link is the one way to give a complete file its name only if the name is free.
    linkSync(draft, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  } finally {
    rmSync(draft, { force: true });
  }
  return { path, token: readToken(path)! };
}

function readToken(path: string): string | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw notPrivate(path, code === 'ELOOP' ? 'it is a symbolic link' : `opening it failed with ${code}`, cause);
  }
  try {
    const { uid, mode } = fstatSync(fd);
    if (uid !== process.getuid?.()) throw notPrivate(path, 'it belongs to another user');
    if ((mode & 0o077) !== 0) {
      throw notPrivate(
        path,
        `others can read it (mode ${(mode & 0o777).toString(8)}); run: chmod 600 ${path}, or delete it to get a new token`,
      );
    }
    const token = readFileSync(fd, 'utf8').trim();
    if (!TOKEN_PATTERN.test(token)) {
      throw notPrivate(path, 'it does not hold 22 to 512 characters of base64url; delete it to get a new token');
    }
    return token;
  } finally {
    closeSync(fd);
  }
}

function notPrivate(path: string, reason: string, cause?: unknown): StartupError {
  return new StartupError('NOT_PRIVATE', `Cannot use the token file ${path}: ${reason}`, { cause });
}
