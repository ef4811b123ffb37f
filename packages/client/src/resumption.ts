import { isProtocolError } from '@sessiond/protocol/client';
import type { AttachmentInfo } from './attachment.ts';
import type { Connection } from './connection.ts';
import { ConnectionLostError } from './errors.ts';

/** What is attached to a session and has to be attached again after a loss. */
export interface Resumable {
  readonly sessionId: string;
  /** Whether it waits for being attached. */
  readonly needsResume: boolean;
  /** The fields of the `attach` that continues it. */
  readonly resumePoint: object;
  /** Goes on, on a connection that answered an attach at {@link resumePoint}. */
  resume(connection: Connection, info: AttachmentInfo): void;
  /** The connection is gone. */
  lost(cause: Error): void;
  /** It cannot go on. What has arrived is still delivered. */
  fail(error: unknown): void;
}

/** What a {@link Resumption} needs of the client. */
export interface ResumptionLink {
  readonly connection: Connection | undefined;
  attach(fields: object, onData: (connection: Connection, data: unknown) => void): Promise<unknown>;
  /** Settles in bounded time and never rejects. */
  detach(sessionId: string): Promise<void>;
  /** Gives up what an attach that failed may still become on the daemon. */
  undoAttach(sessionId: string, error: unknown): void;
  /** `false` when the client was closed meanwhile. */
  pause(delayMs: number): Promise<boolean>;
}

/** Everything one client is attached to, and how it comes back; bounded by what its owner attaches. */
export class Resumption {
  readonly #link: ResumptionLink;
  readonly #attached = new Set<Resumable>();
  readonly #resuming = new Set<Resumable>();

  constructor(link: ResumptionLink) {
    this.#link = link;
  }

  get size(): number {
    return this.#attached.size;
  }

  has(sessionId: string): boolean {
    return [...this.#attached].some((one) => one.sessionId === sessionId);
  }

  add(one: Resumable): void {
    this.#attached.add(one);
  }

  delete(one: Resumable): void {
    this.#attached.delete(one);
  }

  /** A connection is there: attaches again what needs it. */
  onUp(connection: Connection): void {
    for (const one of this.#attached) void this.#resume(one, connection);
  }

  onDown(cause: Error): void {
    for (const one of this.#attached) one.lost(cause);
  }

  failAll(error: unknown): void {
    for (const one of [...this.#attached]) one.fail(error);
  }

  /** Attaches it again where it stopped, if there is a connection; else the next one does. */
  resume(one: Resumable): void {
    const { connection } = this.#link;
    if (connection !== undefined) void this.#resume(one, connection);
  }

  /** A refusal ends it, unless the connection is lost again. */
  async #resume(one: Resumable, connection: Connection): Promise<void> {
    if (this.#resuming.has(one)) return;
    this.#resuming.add(one);
    try {
      await this.#resumeOn(connection, one);
    } finally {
      this.#resuming.delete(one);
    }
    // The connection may have been replaced while the loop was busy with the old one.
    const current = this.#link.connection;
    if (one.needsResume && current !== undefined && current !== connection) void this.#resume(one, current);
  }

  async #resumeOn(connection: Connection, one: Resumable): Promise<void> {
    while (this.#link.connection === connection && one.needsResume) {
      try {
        await this.#link.attach(one.resumePoint, (on, data) => {
          if (one.needsResume) one.resume(on, data as AttachmentInfo);
          else void this.#link.detach(one.sessionId);
        });
      } catch (error) {
        if (error instanceof ConnectionLostError) return;
        const retryAfterMs = isProtocolError(error) ? error.retryAfterMs : undefined;
        if (retryAfterMs === undefined) {
          one.fail(error);
          this.#link.undoAttach(one.sessionId, error);
        } else await this.#link.pause(Math.max(retryAfterMs, 1));
      }
    }
  }
}
