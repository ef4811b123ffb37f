import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, constants, mkdirSync, openSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Both ends of a pipe, as descriptors that the caller closes. */
export interface Pipe {
  /** Never blocks. */
  readonly readEnd: number;
  readonly writeEnd: number;
}

/** One call of mkfifo(1) makes so many. */
const BATCH = 8;

const run = promisify(execFile);

/**
 * Makes pipes.
 *
 * What Node gives a child as `pipe` is a socket, on which a program cannot open `/dev/stdout` or `/dev/stderr`: `echo failed >/dev/stderr`
 * would end with "No such device or address". Node cannot make a real pipe, but it can open a FIFO, which is one once its name is gone.
 *
 * Keeps at most 7 unused FIFOs, in a folder of this process within the one it is given. What a process that was killed has left there is removed by
 * the next one.
 */
export class FifoPipes {
  readonly #folder: string;
  readonly #spare: string[] = [];

  /** @param folder is created for this user only if it is missing, and may be shared with other processes. @throws Error of the file system. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder)) {
      if (/^\d+$/.test(name) && !isAlive(Number(name))) rmSync(join(folder, name), { recursive: true, force: true });
    }
    this.#folder = join(folder, String(process.pid));
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Opens a pipe; every eighth takes a few milliseconds. @throws Error when the system has none to give. */
  async open(): Promise<Pipe> {
    const path = this.#spare.pop() ?? (await this.#make());
    try {
      // In this order: without a reader, opening to write would wait for one.
      const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        return { readEnd, writeEnd: openSync(path, constants.O_WRONLY) };
      } catch (error) {
        closeSync(readEnd);
        throw error;
      }
    } finally {
      remove(path);
    }
  }

  /** Removes what is unused. */
  close(): void {
    this.#spare.length = 0;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #make(): Promise<string> {
    const [first, ...rest] = Array.from({ length: BATCH }, () => join(this.#folder, randomUUID()));
    await run('mkfifo', ['-m', '600', first!, ...rest]);
    this.#spare.push(...rest);
    return first!;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It has no name any more, which is all that was wanted.
  }
}
