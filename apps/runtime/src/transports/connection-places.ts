import type { ConnectionRefusal } from './connection-refusal.ts';

/** How many connections there may be, and how they are shared. */
export interface ConnectionPlacesOptions {
  readonly maxConnections: number;
  /** The most that one principal may have of them, in percent, rounded up. */
  readonly connectionSharePercent: number;
}

/** A place, or why there is none: all are taken, or all that the principal may have. */
export type ConnectionPlace =
  | { readonly ok: true /** Gives the place back. Idempotent. */; readonly leave: () => void }
  | { readonly ok: false; readonly reason: Extract<ConnectionRefusal, 'limit' | 'share'> };

/**
 * The places of a daemon for connections of all kinds: WebSockets, raw terminals, and commands that came over HTTP, until their answer has left. Nobody can
 * take all of them, unless the limit is so small that the share rounds up to it. Remembers as many principals as have places. O(1).
 */
export class ConnectionPlaces {
  readonly #maxConnections: number;
  readonly #maxPerPrincipal: number;
  readonly #taken = new Map<string, number>();
  #total = 0;

  constructor({ maxConnections, connectionSharePercent }: ConnectionPlacesOptions) {
    this.#maxConnections = maxConnections;
    this.#maxPerPrincipal = Math.ceil((maxConnections * connectionSharePercent) / 100);
  }

  /** Takes a place for a principal. */
  take(principalId: string): ConnectionPlace {
    if (this.#total >= this.#maxConnections) return { ok: false, reason: 'limit' };
    const own = this.#taken.get(principalId) ?? 0;
    if (own >= this.#maxPerPrincipal) return { ok: false, reason: 'share' };
    this.#total += 1;
    this.#taken.set(principalId, own + 1);
    let isTaken = true;
    const leave = (): void => {
      if (!isTaken) return;
      isTaken = false;
      this.#leave(principalId);
    };
    return { ok: true, leave };
  }

  /** Places that are taken, and by how many principals. */
  snapshot(): { readonly taken: number; readonly principals: number } {
    return { taken: this.#total, principals: this.#taken.size };
  }

  #leave(principalId: string): void {
    this.#total -= 1;
    const left = this.#taken.get(principalId)! - 1;
    if (left === 0) this.#taken.delete(principalId);
    else this.#taken.set(principalId, left);
  }
}
