import { randomBytes } from 'node:crypto';
import { linkSync, rmSync, writeFileSync } from 'node:fs';
import { isTokenFileError } from '@sessiond/token-file/errors';
import { OWN_TOKEN_PATTERN, ownTokenPath } from '@sessiond/token-file/own-token';
import { readPrivateFile } from '@sessiond/token-file/read-private-file';
import { StartupError } from './startup-error.ts';

const TOKEN_BYTES = 32;

/** Room for the longest token with much space around it. */
const MAX_FILE_BYTES = 4_096;

const MAKE_ANEW = 'delete it to get a new token';

/** A token and the file it lives in. */
export interface StoredToken {
  readonly path: string;
  readonly token: string;
}

/**
 * Reads the token of the state folder; creates it on the first start: 32 random bytes as base64url, mode 0600.
 *
 * Of two first starts at once both get the same token, and no reader ever sees half a file.
 * Throws a `StartupError` when the file belongs to someone else, can be read by others, or does not hold a token.
 */
export function loadToken(stateDir: string): StoredToken {
  const path = ownTokenPath(stateDir);
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
  const token = readText(path)?.trim() ?? null;
  if (token === null || OWN_TOKEN_PATTERN.test(token)) return token;
  throw new StartupError(
    'NOT_PRIVATE',
    `Cannot use the token file ${path}: it does not hold 22 to 512 characters of base64url; ${MAKE_ANEW}`,
  );
}

function readText(path: string): string | null {
  try {
    return readPrivateFile(path, { maxBytes: MAX_FILE_BYTES, orElse: MAKE_ANEW });
  } catch (cause) {
    if (!isTokenFileError(cause)) throw cause;
    throw new StartupError('NOT_PRIVATE', cause.message, { cause });
  }
}
