import { timingSafeEqual } from 'node:crypto';
import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { isTokenFileError, readTokenFile, type TokenEntry } from '@sessiond/token-file';
import type { Logger } from '../logger.ts';
import { StartupError } from '../startup-error.ts';
import type { Principal } from './auth-provider.ts';

/** How often the file is looked at in case that the system does not tell when it changes, as of network file systems and folders that were replaced. */
const POLL_MS = 5_000;

/** A token and what it makes of whoever shows it. */
interface NamedToken {
  readonly entry: TokenEntry;
  readonly digest: Buffer;
  readonly principal: Principal;
  readonly revocation: AbortController;
}

/** What named tokens need to know. */
export interface NamedTokensOptions {
  /** The file; it need not exist yet, its folder must. */
  readonly path: string;
  readonly logger: Logger;
  /** Milliseconds of the wall clock; default `Date.now`. */
  readonly now?: () => number;
  /** Default: five seconds. */
  readonly pollMs?: number;
}

/**
 * The tokens of the token file as they are now: the system tells when the file changes, and it is looked at again before anybody is refused or
 * let in, and every five seconds, which costs one call of the system.
 *
 * A token that was revoked or got other rights ends what it let in: the `revoked` signal of its principal aborts. A file that cannot be used any
 * more changes nothing, is logged, and leaves the tokens as they were, so that a slip of the pen locks nobody out; a file that is deleted revokes
 * them all.
 */
export class NamedTokens {
  readonly #path: string;
  readonly #logger: Logger;
  readonly #now: () => number;
  #tokens: readonly NamedToken[] = [];
  /** What the file was when it was read last, good or not. */
  #seen: string;
  #watcher: FSWatcher | undefined;
  readonly #poll: NodeJS.Timeout;

  /** Throws a `StartupError` when the file is there and cannot be used. */
  constructor({ path, logger, now = Date.now, pollMs = POLL_MS }: NamedTokensOptions) {
    this.#path = path;
    this.#logger = logger;
    this.#now = now;
    this.#seen = stampOf(path);
    try {
      this.#use(readTokenFile(path));
    } catch (cause) {
      if (!isTokenFileError(cause)) throw cause;
      const code = cause.code === 'NOT_PRIVATE' ? 'NOT_PRIVATE' : 'CONFIG_INVALID';
      throw new StartupError(code, cause.message, { cause });
    }
    this.#watch();
    this.#poll = setInterval(() => this.refresh(), pollMs).unref();
  }

  /** Whose token has this SHA-256 digest. Compares with every one in constant time, so that neither which nor how many can be measured. */
  find(digest: Buffer): Principal | undefined {
    this.refresh();
    let found: NamedToken | undefined;
    for (const token of this.#tokens) if (timingSafeEqual(token.digest, digest)) found = token;
    const { expiresAtMs = Number.POSITIVE_INFINITY } = found?.principal ?? {};
    return this.#now() < expiresAtMs ? found?.principal : undefined;
  }

  /** Reads the file again if it is not the one that was read last. Never throws. */
  refresh(): void {
    const stamp = stampOf(this.#path);
    if (stamp === this.#seen) return;
    this.#seen = stamp;
    try {
      this.#use(readTokenFile(this.#path));
      this.#logger.info({ event: 'tokens', tokens: this.#tokens.length }, 'the token file has changed');
    } catch (error) {
      this.#logger.error(
        { event: 'tokens', err: error },
        'the token file cannot be used; what was known of it before goes on',
      );
    }
  }

  /** Stops watching; tokens are known as before. Idempotent. */
  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    clearInterval(this.#poll);
  }

  #use(entries: readonly TokenEntry[]): void {
    const before = new Map(this.#tokens.map((token) => [token.entry.digest, token]));
    const same = (entry: TokenEntry): NamedToken | undefined => {
      const token = before.get(entry.digest);
      return token !== undefined && JSON.stringify(token.entry) === JSON.stringify(entry) ? token : undefined;
    };
    const tokens = entries.map((entry) => same(entry) ?? namedToken(entry));
    const kept = new Set(tokens);
    const gone = this.#tokens.filter((token) => !kept.has(token));
    this.#tokens = tokens;
    for (const { revocation } of gone) revocation.abort();
  }

  #watch(): void {
    try {
      const name = basename(this.#path);
      // The folder, because the file is replaced, not written to.
      const watcher = watch(dirname(this.#path), { persistent: false }, (_kind, changed) => {
        if (changed === null || changed === name) this.refresh();
      });
      watcher.on('error', (error) => this.#unwatchable(error));
      this.#watcher = watcher;
    } catch (error) {
      this.#unwatchable(error);
    }
  }

  /** The limit of watches of the user is reached, for example. */
  #unwatchable(error: unknown): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#logger.warn(
      { event: 'tokens', err: error },
      'the token file cannot be watched; it is looked at every 5 seconds',
    );
  }
}

function namedToken(entry: TokenEntry): NamedToken {
  const { name, digest, scopes, sessions, expiresAt } = entry;
  const revocation = new AbortController();
  const principal: Principal = Object.freeze({
    id: `token:${name}`,
    scopes,
    ...(sessions !== undefined && { sessions }),
    ...(expiresAt !== undefined && { expiresAtMs: Date.parse(expiresAt) }),
    revoked: revocation.signal,
  });
  return { entry, digest: Buffer.from(digest, 'hex'), principal, revocation };
}

/** Tells one state of a file from another. */
function stampOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}
