import { closeSync, constants, existsSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import type { Logger } from '../logger.ts';
import { StartupError } from '../startup-error.ts';
import type { AuditEntry, AuditLog } from './audit-log.ts';

/** What the file may grow to before it becomes the old one. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

const LINE_END = Buffer.from('\n');

/**
 * Appends a line of JSON for every entry to a file with mode 0600, at once: what is answered has been written down.
 *
 * A file that has reached 64 MiB is renamed to `<path>.1`, whose former content is lost, and a new one is begun: never more than two of them. An entry
 * takes a system call, and is some 300 bytes. What cannot be written is logged once until it works again, and does not stop the command.
 */
export class FileAuditLog implements AuditLog {
  readonly #path: string;
  readonly #logger: Logger;
  readonly #maxBytes: number;
  #fd: number;
  #bytes: number;
  #failing = false;
  /** Whether the last line has no end. */
  #isTorn = false;

  /** Throws a `StartupError` when the file cannot be opened or others can read it. */
  constructor(path: string, logger: Logger, maxBytes: number = MAX_FILE_BYTES) {
    this.#path = path;
    this.#logger = logger;
    this.#maxBytes = maxBytes;
    try {
      this.#fd = open(path);
    } catch (cause) {
      throw unusable(path, String((cause as NodeJS.ErrnoException).code), cause);
    }
    const stats = fstatSync(this.#fd);
    this.#bytes = stats.size;
    const isPrivate = (stats.mode & 0o077) === 0 && stats.uid === process.getuid?.();
    if (stats.isFile() && isPrivate) return;
    closeSync(this.#fd);
    throw unusable(path, stats.isFile() ? `others can reach it; run: chmod 600 ${path}` : 'it is no file');
  }

  record(entry: AuditEntry): void {
    const line = Buffer.from(`${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
    try {
      if (this.#bytes + line.length > this.#maxBytes && this.#bytes > 0) this.#rotate();
      // A full disk takes the beginning of a line, and the next one must not be lost with it.
      const text = this.#isTorn ? Buffer.concat([LINE_END, line]) : line;
      const written = writeSync(this.#fd, text);
      this.#bytes += written;
      this.#isTorn = written < text.length;
      if (this.#isTorn) throw new Error('the system took only a part of a line');
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#logger.error({ event: 'audit', err: error }, 'the audit log cannot be written');
      this.#failing = true;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #rotate(): void {
    // What was renamed but could not be begun anew is no longer there, and must not stand in the way for ever.
    if (existsSync(this.#path)) renameSync(this.#path, `${this.#path}.1`);
    const fd = open(this.#path);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#bytes = 0;
  }
}

function open(path: string): number {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  // Not to wait for the reader of a pipe: one that lies there is refused.
  return openSync(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK, 0o600);
}

function unusable(path: string, reason: string, cause?: unknown): StartupError {
  return new StartupError('NOT_PRIVATE', `Cannot use the audit log ${path}: ${reason}`, { cause });
}
