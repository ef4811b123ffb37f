import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@sessiond/client';
import { errorCodes, isProtocolError } from '@sessiond/protocol/client';
import type { WindowSize } from './terminal.ts';

/** Long enough for a program to notice that the size was another one. */
const REDRAW_MS = 50;
/** Between two sizes that are passed on: a window that is dragged has a new one sixty times a second, and each costs budget. */
const GAP_MS = 100;

/** What a resizer asks. */
export type ResizeClient = Pick<Client, 'request'>;

/**
 * Keeps the size of the session that of the window: one request at a time, a few per second, always the newest size, and again later
 * if the daemon says that it takes none for a while.
 */
export class Resizer {
  readonly #client: ResizeClient;
  readonly #sessionId: string;
  readonly #stopped = new AbortController();
  #window: WindowSize;
  #wanted: WindowSize | undefined;
  #isBusy = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: ResizeClient, sessionId: string, window: WindowSize) {
    this.#client = client;
    this.#sessionId = sessionId;
    this.#window = window;
  }

  /** Sets the first size. A program that has that size already is made to draw itself by having another one for a moment. */
  begin(current: WindowSize, redraw: boolean): void {
    const { cols, rows } = this.#window;
    if (cols !== current.cols || rows !== current.rows) void this.#request(this.#window);
    else if (redraw && rows > 1) {
      void this.#request({ cols, rows: rows - 1 });
      this.#timer = setTimeout(() => void this.#request(this.#window), REDRAW_MS);
    }
  }

  /** The window has another size now. */
  follow(window: WindowSize): void {
    this.#window = window;
    void this.#request(window);
  }

  /** Sends nothing more. Idempotent. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#stopped.abort();
  }

  async #request(size: WindowSize): Promise<void> {
    this.#wanted = size;
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (this.#wanted !== undefined && !this.#stopped.signal.aborted) {
      const wanted: WindowSize = this.#wanted;
      this.#wanted = undefined;
      const retryAfterMs = await this.#send(wanted);
      if (retryAfterMs !== undefined) this.#wanted ??= wanted;
      const { signal } = this.#stopped;
      await delay(Math.max(retryAfterMs ?? 0, GAP_MS), undefined, { signal, ref: false }).catch(() => {});
    }
    this.#isBusy = false;
  }

  /** @returns after how many milliseconds the size is to be sent again, if it is. */
  async #send({ cols, rows }: WindowSize): Promise<number | undefined> {
    try {
      await this.#client.request('resize', { sessionId: this.#sessionId, cols, rows });
    } catch (error) {
      if (isProtocolError(error) && errorCodes[error.code].retry === 'later') return error.retryAfterMs ?? 0;
      // Lost with the connection, or the program has ended: the next size will do.
    }
    return undefined;
  }
}
