import { Worker } from 'node:worker_threads';
import type { RegexFound } from './regex-window.ts';

interface PendingScan {
  resolve(found: RegexFound | undefined): void;
  reject(error: Error): void;
}

/**
 * Matches a regular expression in a worker thread, chunk by chunk, so that an expression that never finishes costs a core
 * until its deadline but never the daemon's event loop.
 */
export class RegexScanner {
  readonly #worker: Worker;
  #pending: PendingScan | undefined;
  #failure: Error | undefined;

  /** Starts the worker. `source` must be a valid expression. */
  constructor(source: string) {
    this.#worker = new Worker(new URL('./regex-worker.js', import.meta.url), {
      workerData: source,
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    });
    this.#worker.on('message', (found: RegexFound | null) =>
      this.#settle((pending) => pending.resolve(found ?? undefined)),
    );
    this.#worker.on('error', (error) => {
      this.#failure = error;
      this.#settle((pending) => pending.reject(error));
    });
  }

  /** Looks at the next chunk, of which it takes a copy. One at a time: await the answer before the next call. */
  scan(chunk: Uint8Array, offset: number): Promise<RegexFound | undefined> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#worker.postMessage({ chunk: chunk.slice(), offset });
    });
  }

  /** Ends the worker at once, also in the middle of a match. Idempotent. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(settle: (pending: PendingScan) => void): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending !== undefined) settle(pending);
  }
}
