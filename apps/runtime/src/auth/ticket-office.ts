import { randomBytes } from 'node:crypto';
import type { ProtocolFault, Scope } from '@sessiond/protocol';
import type { Clock } from '@sessiond/resilience';
import type { Principal } from './auth-provider.ts';
import { digestOf } from './credential.ts';
import { endOf } from './credential-end.ts';
import { isAllowed } from './is-allowed.ts';
import { isWithin } from './is-within.ts';

const TICKET_BYTES = 32;

/** Tickets that are not used yet, of one principal and of all. */
const MAX_PER_PRINCIPAL = 64;
const MAX_TICKETS = 4_096;

/** What a ticket office is told. */
export interface TicketOfficeOptions {
  /** How long a ticket can be used. */
  readonly ticketMs: number;
  /** Monotonic milliseconds; default `performance.now`. */
  readonly now?: Clock | undefined;
}

/** How much less a ticket may do than whoever it is for. */
export interface TicketLimits {
  readonly scopes?: readonly Scope[] | undefined;
  /** Patterns that the ids of all sessions it reaches must match. */
  readonly sessions?: readonly string[] | undefined;
}

/** A ticket, or why there is none. */
export type IssuedTicket =
  | { readonly ok: true; readonly ticket: string; readonly expiresInMs: number }
  | { readonly ok: false; readonly fault: ProtocolFault };

interface Ticket {
  readonly principal: Principal;
  /** The id of whoever it was made for. */
  readonly holder: string;
  readonly expiresMs: number;
}

/**
 * Makes tickets for web pages, which can set no header on a WebSocket and should not hold a token: each lets in one connection, once, soon.
 *
 * What comes in with a ticket is the principal that it was made for, with as much or less, and ends when that one's credential does. Tickets
 * are 256 random bits and kept as digests: at most 4,096, 64 of one principal.
 */
export class TicketOffice {
  readonly #ticketMs: number;
  readonly #now: Clock;
  /** By digest, in the order in which they expire, which is that in which they were made. */
  readonly #tickets = new Map<string, Ticket>();
  readonly #perHolder = new Map<string, number>();

  constructor({ ticketMs, now = () => performance.now() }: TicketOfficeOptions) {
    this.#ticketMs = ticketMs;
    this.#now = now;
  }

  /** Makes a ticket. It is refused what its maker may not do, and when too many are out. */
  issue(principal: Principal, { scopes, sessions }: TicketLimits = {}): IssuedTicket {
    this.#forgetExpired();
    const missing = scopes?.find((scope) => !isAllowed(principal, scope));
    if (missing !== undefined) {
      const message = `Cannot make a ticket: it asks for the scope ${missing}, which its maker does not have`;
      return { ok: false, fault: { code: 'FORBIDDEN', message, details: { scope: missing } } };
    }
    const beyond = sessions?.some((pattern) => !isWithin(principal, pattern)) === true;
    if (beyond) {
      const message = 'Cannot make a ticket: it asks for sessions that its maker may have nothing to do with';
      return { ok: false, fault: { code: 'FORBIDDEN', message, details: { field: 'sessions' } } };
    }
    const held = this.#perHolder.get(principal.id) ?? 0;
    if (held >= MAX_PER_PRINCIPAL || this.#tickets.size >= MAX_TICKETS) {
      const message = 'Cannot make a ticket: too many are out and not used; use them, or try again later';
      return { ok: false, fault: { code: 'CAPACITY_EXCEEDED', message, retryAfterMs: this.#ticketMs } };
    }
    const ticket = randomBytes(TICKET_BYTES).toString('base64url');
    this.#tickets.set(key(ticket), {
      principal: limited(principal, scopes, sessions),
      holder: principal.id,
      expiresMs: this.#now() + this.#ticketMs,
    });
    this.#perHolder.set(principal.id, held + 1);
    return { ok: true, ticket, expiresInMs: this.#ticketMs };
  }

  /** Takes a ticket and says whom it lets in; `undefined` for one that was used, has expired or never was. */
  redeem(ticket: string): Principal | undefined {
    this.#forgetExpired();
    const digest = key(ticket);
    const found = this.#tickets.get(digest);
    if (found === undefined) return undefined;
    this.#forget(digest, found);
    return endOf(found.principal) === undefined ? found.principal : undefined;
  }

  /** Tickets that can be used now. */
  get outstanding(): number {
    this.#forgetExpired();
    return this.#tickets.size;
  }

  #forgetExpired(): void {
    const now = this.#now();
    for (const [digest, ticket] of this.#tickets) {
      if (ticket.expiresMs > now) return;
      this.#forget(digest, ticket);
    }
  }

  #forget(digest: string, { holder }: Ticket): void {
    this.#tickets.delete(digest);
    const held = this.#perHolder.get(holder)! - 1;
    if (held === 0) this.#perHolder.delete(holder);
    else this.#perHolder.set(holder, held);
  }
}

function key(ticket: string): string {
  return digestOf(ticket).toString('base64');
}

function limited(principal: Principal, scopes: TicketLimits['scopes'], sessions: TicketLimits['sessions']): Principal {
  return Object.freeze({
    ...principal,
    ...(scopes !== undefined && { scopes }),
    ...(sessions !== undefined && { within: sessions }),
  });
}
