import { join } from 'node:path';

/** What the token that a daemon makes for its own user may be: at least 128 bits in base64url, and nothing that a header could not carry. */
export const OWN_TOKEN_PATTERN: RegExp = /^[A-Za-z0-9_-]{22,512}$/;

/** Where that token lies, alone in its file, for programs of the same user on the same machine. */
export function ownTokenPath(stateDir: string): string {
  return join(stateDir, 'token');
}
