import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls';
import type { Logger } from '../logger.ts';
import { StartupError } from '../startup-error.ts';

/** The oldest version of TLS that is spoken. */
const MIN_VERSION = 'TLSv1.2';

/** Two files are replaced one after the other: what is read in between fits together only by luck. */
const SETTLE_MS = 200;

/** Where certificate and key lie, both as PEM; the certificate with those that lead to its root. */
export interface TlsPaths {
  readonly cert: string;
  readonly key: string;
}

/** Reads both and checks that they belong together. Throws a `StartupError` that names the files and holds nothing of them. */
export function loadTls({ cert, key }: TlsPaths): SecureContextOptions {
  try {
    const context = { cert: readFileSync(cert), key: readFileSync(key), minVersion: MIN_VERSION } as const;
    createSecureContext(context);
    return context;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' || code === 'EACCES' ? message : `they are no certificate and its key (${code})`;
    throw new StartupError('CONFIG_INVALID', `Cannot use the TLS files ${cert} and ${key}: ${reason}`, { cause });
  }
}

/**
 * Serves a new certificate when the files change, without a restart and without ending a connection; new connections get the new one. What cannot be
 * used is logged, and the old certificate stays.
 */
export class TlsReload {
  readonly #paths: TlsPaths;
  readonly #server: Pick<Server, 'setSecureContext'>;
  readonly #logger: Logger;
  readonly #watchers: FSWatcher[] = [];
  #settling: NodeJS.Timeout | undefined;
  #served: SecureContextOptions;

  constructor(paths: TlsPaths, served: SecureContextOptions, server: Pick<Server, 'setSecureContext'>, logger: Logger) {
    this.#paths = paths;
    this.#served = served;
    this.#server = server;
    this.#logger = logger;
    // The folders, because files are replaced, often through a link; two in one folder are heard of once.
    const names = new Map<string, Set<string>>();
    for (const path of [paths.cert, paths.key]) {
      names.set(dirname(path), (names.get(dirname(path)) ?? new Set()).add(basename(path)));
    }
    for (const [folder, files] of names) this.#watch(folder, files);
  }

  /** Reads the files again now. Never throws. */
  reload(): void {
    try {
      const context = loadTls(this.#paths);
      if (isSame(context, this.#served)) return;
      this.#server.setSecureContext(context);
      this.#served = context;
      this.#logger.info({ event: 'tls.reloaded' }, 'a new certificate is served from now on');
    } catch (error) {
      this.#logger.error({ event: 'tls.failed', err: error }, 'the new certificate cannot be used; the old one stays');
    }
  }

  /** Watches no longer. Idempotent. */
  close(): void {
    clearTimeout(this.#settling);
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  #watch(folder: string, files: ReadonlySet<string>): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_kind, changed) => {
        // Kubernetes and certbot change a link beside or above the file, so that anything in the folder may mean it.
        if (changed === null || files.has(changed) || changed.startsWith('..')) this.#reloadSoon();
      });
      watcher.on('error', (error) => this.#unwatchable(error));
      this.#watchers.push(watcher);
    } catch (error) {
      this.#unwatchable(error);
    }
  }

  #reloadSoon(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.reload(), SETTLE_MS).unref();
  }

  #unwatchable(error: unknown): void {
    this.#logger.warn(
      { event: 'tls.unwatched', err: error },
      'the TLS files cannot be watched; send SIGHUP after a change',
    );
  }
}

function isSame(one: SecureContextOptions, other: SecureContextOptions): boolean {
  return String(one.cert) === String(other.cert) && String(one.key) === String(other.key);
}
