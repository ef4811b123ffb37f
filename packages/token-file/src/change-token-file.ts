import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Scope } from '@sessiond/protocol';
import { TokenFileError } from './errors.ts';
import { type FileLock, tryLock } from './file-lock.ts';
import { readTokenFile } from './read-token-file.ts';
import { MAX_TOKENS, type TokenEntry, type TokenFileContent, tokenFileContent } from './token-entry.ts';

/** So that a token is recognised as one where it does not belong, by people and by programs that look for leaked secrets. */
const TOKEN_PREFIX = 'sessiond_';

const TOKEN_BYTES = 32;

/** How long a change waits for another one. */
const LOCK_WAIT_MS = 5_000;

const LOCK_RETRY_MS = 10;

/** What a new token may do. */
export interface NewToken {
  /** 1 to 64 of `A-Z a-z 0-9 _ . @ -`. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly sessions?: readonly string[] | undefined;
  /** In the future; absent: never. */
  readonly expiresAt?: Date | undefined;
}

/** A token that was made: the only moment at which it is known. */
export interface CreatedToken {
  readonly token: string;
  readonly entry: TokenEntry;
}

/** The digest under which a token is kept. */
export function tokenDigest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/**
 * Makes a token of 256 random bits and adds it to the file, which is created if there is none.
 *
 * Rejects with a `TokenFileError`: `EXISTS` for a name that is taken, `FULL` beyond 1,000 tokens, `INVALID` for a name or pattern that cannot
 * be one. Tokens that expired make room.
 */
export async function createToken(path: string, wanted: NewToken, now: Date = new Date()): Promise<CreatedToken> {
  const token = `${TOKEN_PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  const entry: TokenEntry = {
    name: wanted.name,
    digest: tokenDigest(token),
    scopes: [...new Set(wanted.scopes)],
    ...(wanted.sessions !== undefined && wanted.sessions.length > 0 && { sessions: [...new Set(wanted.sessions)] }),
    ...(wanted.expiresAt !== undefined && { expiresAt: wanted.expiresAt.toISOString() }),
    createdAt: now.toISOString(),
  };
  await changeTokens(path, (tokens) => {
    if (tokens.some(({ name }) => name === entry.name)) {
      throw new TokenFileError('EXISTS', 'Cannot create token: there is one with this name; revoke it first');
    }
    const alive = tokens.length < MAX_TOKENS ? tokens : tokens.filter(({ expiresAt }) => !isOver(expiresAt, now));
    if (alive.length >= MAX_TOKENS) {
      throw new TokenFileError(
        'FULL',
        `Cannot create token: there are ${MAX_TOKENS.toLocaleString('en')}, the most allowed`,
      );
    }
    return [...alive, entry];
  });
  return { token, entry };
}

/** Removes a token from the file. Rejects with a `TokenFileError`, `NOT_FOUND` if there is none of this name. */
export async function revokeToken(path: string, name: string): Promise<TokenEntry> {
  let revoked: TokenEntry | undefined;
  await changeTokens(path, (tokens) => {
    revoked = tokens.find((entry) => entry.name === name);
    if (revoked === undefined)
      throw new TokenFileError('NOT_FOUND', 'Cannot revoke token: there is none with this name');
    return tokens.filter((entry) => entry !== revoked);
  });
  return revoked!;
}

/** Reads, changes and replaces the file in one piece, one process after the other, so that no change is lost and no reader sees half of one. */
async function changeTokens(
  path: string,
  change: (tokens: readonly TokenEntry[]) => readonly TokenEntry[],
): Promise<void> {
  const lock = await acquire(`${path}.lock`);
  try {
    const content: TokenFileContent = { version: 1, tokens: change(readTokenFile(path)) };
    const { success, error } = tokenFileContent.safeParse(content);
    if (!success) {
      const field = String(error.issues[0]?.path.at(2) ?? 'it');
      throw new TokenFileError('INVALID', `Cannot create token: its ${field} is not one that can be kept`);
    }
    replace(path, `${JSON.stringify(content, null, 2)}\n`);
  } finally {
    lock.release();
  }
}

async function acquire(path: string): Promise<FileLock> {
  const deadline = performance.now() + LOCK_WAIT_MS;
  for (;;) {
    const attempt = inFolderOf(path, () => tryLock(path));
    if ('release' in attempt) return attempt;
    if (performance.now() >= deadline) {
      throw new TokenFileError(
        'LOCKED',
        `Cannot change the token file: process ${attempt.pid} has been changing it for long`,
      );
    }
    await delay(LOCK_RETRY_MS);
  }
}

function replace(path: string, text: string): void {
  const draft = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
  inFolderOf(path, () => {
    try {
      writeFileSync(draft, text, { flag: 'wx', mode: 0o600, flush: true });
      renameSync(draft, path);
      // The new name has to survive a crash, too: a revoked token must not come back.
      const folder = openSync(dirname(path), 'r');
      fsyncSync(folder);
      closeSync(folder);
    } finally {
      rmSync(draft, { force: true });
    }
  });
}

/** Does something in a folder, which is made for us alone if there is none. */
function inFolderOf<T>(path: string, act: () => T): T {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return act();
  } catch (cause) {
    throw new TokenFileError(
      'UNWRITABLE',
      `Cannot change the token file ${path}: ${(cause as NodeJS.ErrnoException).code}`,
      {
        cause,
      },
    );
  }
}

function isOver(expiresAt: string | undefined, now: Date): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= now.getTime();
}
