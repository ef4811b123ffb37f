import { join } from 'node:path';
import { TokenFileError } from './errors.ts';
import { readPrivateFile } from './read-private-file.ts';
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
 * Throws a `TokenFileError` as {@link readPrivateFile} does, and `INVALID` when it holds something else than tokens. No message repeats what is in it.
 */
export function readTokenFile(path: string): readonly TokenEntry[] {
  const text = readPrivateFile(path, { maxBytes: MAX_FILE_BYTES });
  if (text === null) return [];
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw invalid(path, 'it is not valid JSON');
  }
  const parsed = tokenFileContent.safeParse(content);
  if (parsed.success) return parsed.data.tokens;
  const at = parsed.error.issues[0]?.path.join('.');
  throw invalid(path, at ? `${at} is not as it must be` : 'it is not a token file');
}

function invalid(path: string, reason: string): TokenFileError {
  return new TokenFileError('INVALID', `Cannot use the token file ${path}: ${reason}`);
}
