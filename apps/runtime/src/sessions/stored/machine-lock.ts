import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

/** A name of the machine that is held until it is released, or its process is gone. */
export interface MachineLock {
  /** Idempotent, never throws. */
  release(): void;
}

const UNHELD: MachineLock = Object.freeze({ release() {} });

/**
 * Holds a name that no other process of the machine can hold meanwhile; `undefined` when one does.
 *
 * A socket in the abstract namespace of Linux: it has no file that a crash could leave behind, and the kernel gives it up with its process. Costs a
 * descriptor. Processes in another network namespace, and on another machine that shares the disk, are not kept out; where there is no such namespace, nobody
 * is.
 */
export async function holdOnMachine(name: string): Promise<MachineLock | undefined> {
  if (process.platform !== 'linux') return UNHELD;
  const server = createServer((socket) => socket.destroy());
  const digest = createHash('sha256').update(name).digest('hex');
  return new Promise((resolve) => {
    // What keeps a lock from being had, other than its holder, must not keep people from their conversations. It stays: who connects must not harm either, for
    // example when there is no descriptor left.
    server.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EADDRINUSE' ? undefined : UNHELD));
    server.listen(`\0sessiond/${digest}`, () => {
      server.unref();
      resolve({ release: () => void server.close() });
    });
  });
}
