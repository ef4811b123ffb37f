import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TokenFileError } from './errors.ts';
import { type TokenEntry, tokenFileContent } from './token-entry.ts';

/** Above this a file is not read: it cannot hold only tokens. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** Where the named tokens of a state folder lie. */
export function tokenFilePath(stateDir: string): string {
  return join(stateDir, 'tokens.json');
}

/**
 * Reads the tokens; none when there is no file.
 *
 * Throws a `TokenFileError` when the file belongs to somebody else, can be read by others, is a link, or holds something else. No message
 * repeats what is in it.
 */
export function readTokenFile(path: string): readonly TokenEntry[] {
  const text = readPrivate(path);
  if (text === null) return [];
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw unusable('INVALID', path, 'it is not valid JSON');
  }
  const parsed = tokenFileContent.safeParse(content);
  if (parsed.success) return parsed.data.tokens;
  const at = parsed.error.issues[0]?.path.join('.');
  throw unusable('INVALID', path, at ? `${at} is not as it must be` : 'it is not a token file');
}

function readPrivate(path: string): string | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (code === 'ELOOP') throw unusable('NOT_PRIVATE', path, 'it is a symbolic link');
    throw unusable('UNREADABLE', path, `opening it failed with ${code}`, cause);
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw unusable('INVALID', path, 'it is no file');
    if (stats.uid !== process.getuid?.()) throw unusable('NOT_PRIVATE', path, 'it belongs to another user');
    if ((stats.mode & 0o077) !== 0) {
      const mode = (stats.mode & 0o777).toString(8);
      throw unusable('NOT_PRIVATE', path, `others can read it (mode ${mode}); run: chmod 600 ${path}`);
    }
    if (stats.size > MAX_FILE_BYTES) {
      throw unusable('INVALID', path, `it is ${stats.size.toLocaleString('en')} bytes, allowed are 4,194,304`);
    }
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

function unusable(code: TokenFileError['code'], path: string, reason: string, cause?: unknown): TokenFileError {
  return new TokenFileError(code, `Cannot use the token file ${path}: ${reason}`, { cause });
}
