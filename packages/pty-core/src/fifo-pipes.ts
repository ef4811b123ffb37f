import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, constants, existsSync, mkdirSync, openSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Both ends of a pipe, as descriptors that the caller closes. The one that stays here never blocks; the other one, which a child gets, does. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/** One call of mkfifo(1) makes so many, or as many as are waited for. */
const BATCH = 8;
/** The most that one call makes; the names of so many are far from what a command line holds. */
const MAX_BATCH = 256;

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
  /** The call of mkfifo(1) that is under way. */
  #making: Promise<void> | undefined;
  /** Callers that wait for one. */
  #waiting = 0;
  #closed = false;

  /** @param folder is created for this user only if it is missing, and may be shared with other processes. @throws Error of the file system. */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder)) {
      if (/^\d+$/.test(name) && !isOther(Number(name))) rmSync(join(folder, name), { recursive: true, force: true });
    }
    this.#folder = join(folder, String(process.pid));
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Opens a pipe for what a child writes; every eighth takes a few milliseconds. @throws Error when the system has none to give, or after `close`. */
  async open(): Promise<Pipe> {
    return this.#open((path) => {
      // In this order: without a reader, opening to write would wait for one.
      const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      return { readEnd, writeEnd: openOr(closing(readEnd), path, constants.O_WRONLY) };
    });
  }

  /** Opens a pipe for what a child reads, as {@link FifoPipes.open} does. */
  async openToChild(): Promise<Pipe> {
    return this.#open((path) => {
      // Each opening waits for the other side unless it must not, and what must not wait would not wait in the child either.
      const aside = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const writeEnd = openOr(closing(aside), path, constants.O_WRONLY | constants.O_NONBLOCK);
      const readEnd = openOr(closing(aside, writeEnd), path, constants.O_RDONLY);
      closeSync(aside);
      return { readEnd, writeEnd };
    });
  }

  async #open(openEnds: (path: string) => Pipe): Promise<Pipe> {
    const path = await this.#take();
    try {
      return openEnds(path);
    } finally {
      remove(path);
    }
  }

  /** Removes what is unused; none can be opened any more. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#spare.length = 0;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The path of a FIFO that is nobody else's. */
  async #take(): Promise<string> {
    for (;;) {
      const path = this.#spare.pop();
      // Whoever tidies up where the folder lies may have removed it.
      if (path !== undefined && !existsSync(path)) continue;
      if (path !== undefined) return path;
      this.#waiting += 1;
      try {
        // Those that come while it runs share the next call.
        this.#making ??= this.#make().finally(() => {
          this.#making = undefined;
        });
        await this.#making;
      } finally {
        this.#waiting -= 1;
      }
    }
  }

  async #make(): Promise<void> {
    if (this.#closed) throw new Error('Cannot make pipes: they are closed');
    const count = Math.min(MAX_BATCH, Math.max(BATCH, this.#waiting));
    const paths = Array.from({ length: count }, () => join(this.#folder, randomUUID()));
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    await run('mkfifo', ['-m', '600', ...paths]);
    if (this.#closed) this.close();
    else this.#spare.push(...paths);
  }
}

/** Whether a process lives that has this pid and is not this one. */
function isOther(pid: number): boolean {
  // In a container every daemon may have the same.
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Opens a file, or undoes what was opened before it. */
function openOr(undo: () => void, path: string, flags: number): number {
  try {
    return openSync(path, flags);
  } catch (error) {
    undo();
    throw error;
  }
}

function closing(...descriptors: number[]): () => void {
  return () => descriptors.forEach(closeSync);
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It has no name any more, which is all that was wanted.
  }
}
