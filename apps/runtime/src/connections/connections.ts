import type { Guard } from '../containment.ts';
import type { Transport } from '../transports/transport.ts';
import type { Connection, ConnectionSnapshot } from './connection.ts';

/** The connections by their transport, and what waits in all of them. */
export interface ConnectionTotals extends Record<Transport['kind'], number>, Omit<ConnectionSnapshot, 'kind'> {
  /** What the kernel has not taken of the connection where that is most. */
  readonly maxBufferedBytes: number;
}

/** What is asked of a connection here. */
export type Member = Pick<Connection, 'principal' | 'send' | 'news' | 'end' | 'snapshot'>;

/**
 * Every client that is connected, to be told something together. What fails for one, its guard takes, and the others are told all the same.
 *
 * Holds as many as the transports let in.
 */
export class Connections {
  readonly #guards = new Map<Member, Guard>();

  /** Takes a connection in; the function returned takes it out, once or more often. */
  add(connection: Member, guard: Guard): () => void {
    this.#guards.set(connection, guard);
    return () => {
      this.#guards.delete(connection);
    };
  }

  get size(): number {
    return this.#guards.size;
  }

  /** Sends a message to everybody. */
  tell(message: object): void {
    this.#each((connection) => connection.send(message));
  }

  /** Sends a message to those who may have it, unless too much of what came before is unread. */
  tellNews(message: object, mayHave: (connection: Member) => boolean): void {
    this.#each((connection) => {
      if (mayHave(connection)) connection.news(message);
    });
  }

  /** Ends all of them with a WebSocket close code. */
  endAll(closeCode: number, reason: string): void {
    this.#each((connection) => connection.end(closeCode, reason));
  }

  totals(): ConnectionTotals {
    const byKind: Record<Transport['kind'], number> = { websocket: 0, unix: 0, stdio: 0 };
    let [buffered, maxBuffered, unacknowledged, windows] = [0, 0, 0, 0];
    for (const connection of this.#guards.keys()) {
      const { kind, bufferedBytes, unacknowledgedBytes, windowBytes } = connection.snapshot();
      byKind[kind] += 1;
      buffered += bufferedBytes;
      maxBuffered = Math.max(maxBuffered, bufferedBytes);
      unacknowledged += unacknowledgedBytes;
      windows += windowBytes;
    }
    return {
      ...byKind,
      bufferedBytes: buffered,
      maxBufferedBytes: maxBuffered,
      unacknowledgedBytes: unacknowledged,
      windowBytes: windows,
    };
  }

  #each(act: (connection: Member) => void): void {
    for (const [connection, guard] of this.#guards) guard(act)(connection);
  }
}
