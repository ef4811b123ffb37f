import { closeSync, constants, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import type { Logger } from '../logger.ts';
import { StartupError } from '../startup-error.ts';
import type { AuditEntry, AuditLog } from './audit-log.ts';

/** What the file may grow to before it becomes the old one. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

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
    const { mode, size, uid } = fstatSync(this.#fd);
    this.#bytes = size;
    if ((mode & 0o077) === 0 && uid === process.getuid?.()) return;
    closeSync(this.#fd);
    throw unusable(path, `others can reach it; run: chmod 600 ${path}`);
  }

  record(entry: AuditEntry): void {
    const line = Buffer.from(`${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
    try {
      if (this.#bytes + line.length > this.#maxBytes && this.#bytes > 0) this.#rotate();
      writeSync(this.#fd, line);
      this.#bytes += line.length;
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
    renameSync(this.#path, `${this.#path}.1`);
    const fd = open(this.#path);
    closeSync(this.#fd);
    this.#fd = fd;
    this.#bytes = 0;
  }
}

function open(path: string): number {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
  return openSync(path, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW, 0o600);
}

function unusable(path: string, reason: string, cause?: unknown): StartupError {
  return new StartupError('NOT_PRIVATE', `Cannot use the audit log ${path}: ${reason}`, { cause });
}
