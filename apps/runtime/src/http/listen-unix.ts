import { chmodSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname, join } from 'node:path';
import { identifyListener } from '../identify-listener.ts';
import { acquireInstanceLock } from '../instance-lock.ts';
import { StartupError } from '../startup-error.ts';
import { ensurePrivateDir } from '../state-dir.ts';
import { listen } from './listen.ts';

/** Longest path the kernel takes for a Unix socket, without the closing zero. */
const MAX_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;

/** A Unix socket that is listened on. */
export interface UnixListener {
  readonly path: string;
  /** Removes the socket file if it is still the one made here; idempotent, never throws, synchronous. */
  unlink(): void;
}

/**
 * Listens on a Unix socket that only this user can reach: mode 0600, in a folder that is created with mode 0700.
 *
 * Takes over the file of a daemon that is gone; refuses, naming its pid, when one answers. Safe against a second start at the same
 * moment. Throws a `StartupError`; then nothing listens and no file of another daemon was touched.
 */
export async function listenUnix(server: Server, path: string): Promise<UnixListener> {
  // Bound under a name of its own and then renamed: the path always leads to a socket that listens, and what libuv unlinks when it
  // closes the handle is that first name, never a file that a later daemon put in our place.
  const bindPath = bindPathOf(path);
  assertSocketPathFits(path);
  ensurePrivateDir(dirname(path), 'folder of the socket');
  const pidPath = `${path}.pid`;
  const lock = await acquireInstanceLock(`${path}.lock`);
  try {
    await assertFree(path, pidPath);
    rmSync(bindPath, { force: true });
    // The bind happens inside the call, so no other code runs under this umask.
    const umask = process.umask(0o177);
    let listening: Promise<void>;
    try {
      listening = listen(server, { path: bindPath });
    } finally {
      process.umask(umask);
    }
    await listening.catch((cause: NodeJS.ErrnoException) => {
      throw new StartupError('ADDRESS_UNAVAILABLE', `Cannot listen on the Unix socket ${path}: ${cause.code}`, {
        cause,
      });
    });
    chmodSync(bindPath, 0o600);
    renameSync(bindPath, path);
    writeFileSync(pidPath, `${process.pid}\n`, { mode: 0o600 });
  } finally {
    lock.release();
  }
  const { ino, dev } = lstatSync(path);
  return {
    path,
    unlink: () => {
      const current = lstatSync(path, { throwIfNoEntry: false });
      if (current === undefined || current.ino !== ino || current.dev !== dev) return;
      rmSync(path, { force: true });
      rmSync(pidPath, { force: true });
    },
  };
}

/** Whether the path can be listened on as things are; the answer can be another one in a moment. @throws StartupError that names who serves it. */
export function assertSocketFree(path: string): Promise<void> {
  return assertFree(path, `${path}.pid`);
}

async function assertFree(path: string, pidPath: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) {
    throw new StartupError(
      'ADDRESS_UNAVAILABLE',
      `Cannot listen on the Unix socket ${path}: a file that is no socket lies there; name another path with --socket`,
    );
  }
  const listener = await identifyListener({ socketPath: path });
  if (listener.kind === 'nobody') return;
  const pid = listener.kind === 'daemon' ? listener.pid : readPid(pidPath);
  throw new StartupError(
    'ALREADY_RUNNING',
    listener.kind === 'daemon'
      ? `Cannot start sessiond: process ${pid} already serves ${path}; use it, stop it, or name another path with --socket`
      : `Cannot start sessiond: ${pid === null ? 'a process' : `process ${pid}`} holds ${path} and does not answer; stop it, or name another path with --socket`,
  );
}

function readPid(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

/** Whether the system takes a path this long. @throws StartupError when it does not. */
export function assertSocketPathFits(path: string): void {
  for (const name of [path, bindPathOf(path)]) assertLength(name);
}

function bindPathOf(path: string): string {
  return join(dirname(path), `.${process.pid.toString(36)}`);
}

function assertLength(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes <= MAX_PATH_BYTES) return;
  throw new StartupError(
    'CONFIG_INVALID',
    `Cannot listen on the Unix socket ${path}: the path needs ${bytes} bytes, allowed are ${MAX_PATH_BYTES}; name a shorter one with --socket`,
  );
}
