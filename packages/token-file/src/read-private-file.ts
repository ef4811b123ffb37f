import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { TokenFileError } from './errors.ts';

/** What a private file may be. */
export interface PrivateFileOptions {
  /** Above this it is refused without having been read: what is looked for cannot be that large. */
  readonly maxBytes: number;
  /** What else helps when others can read it, put behind the advice to take that right from them; default: nothing. */
  readonly orElse?: string;
}

/**
 * Reads a file that holds a secret or decides who may come in; `null` when there is none.
 *
 * It has to be a regular file of the user of this process that nobody else can read, change or run, and no symbolic link, which may lead to a file of
 * somebody else. All of this is asked of the file that was opened, so that what is read is what was looked at, and a pipe that lies there keeps nobody waiting.
 * The folders above it are not looked at: whoever keeps the file answers for them.
 *
 * Throws a `TokenFileError`: `NOT_PRIVATE` for the file of another user, a mode that gives others a right, or a link; `INVALID` for what is no file or too large;
 * `UNREADABLE` when the system refuses, with its error as `cause`. No message repeats what is in the file.
 */
export function readPrivateFile(path: string, { maxBytes, orElse }: PrivateFileOptions): string | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (code === 'ELOOP') throw unusable('NOT_PRIVATE', path, 'it is a symbolic link', cause);
    throw unusable('UNREADABLE', path, `opening it failed with ${code}`, cause);
  }
  try {
    const stats = fstatSync(fd);
    const { uid, mode, size } = stats;
    if (!stats.isFile()) throw unusable('INVALID', path, 'it is no file');
    if (uid !== process.getuid?.()) throw unusable('NOT_PRIVATE', path, 'it belongs to another user');
    if ((mode & 0o077) !== 0) {
      const remedy = `run: chmod 600 ${path}${orElse === undefined ? '' : `, or ${orElse}`}`;
      throw unusable('NOT_PRIVATE', path, `others can read it (mode ${(mode & 0o777).toString(8)}); ${remedy}`);
    }
    if (size > maxBytes) {
      const [found, allowed] = [size, maxBytes].map((bytes) => bytes.toLocaleString('en'));
      throw unusable('INVALID', path, `it is ${found} bytes, allowed are ${allowed}`);
    }
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

function unusable(code: TokenFileError['code'], path: string, reason: string, cause?: unknown): TokenFileError {
  return new TokenFileError(code, `Cannot use the token file ${path}: ${reason}`, { cause });
}
