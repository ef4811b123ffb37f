import type { IncomingMessage } from 'node:http';
import type { AuthProvider, AuthResult } from './auth-provider.ts';
import { offeredTicket } from './subprotocol.ts';
import type { TicketOffice } from './ticket-office.ts';

const REFUSED: AuthResult = Object.freeze({
  ok: false,
  message: 'The ticket was used or has expired; fetch a new one',
});

/** Lets a WebSocket in that offers a ticket as the subprotocol `sessiond.ticket.<ticket>`, and asks `others` about everything else. */
export class TicketAuth implements AuthProvider {
  readonly #office: Pick<TicketOffice, 'redeem'>;
  readonly #others: AuthProvider;

  constructor(office: Pick<TicketOffice, 'redeem'>, others: AuthProvider) {
    this.#office = office;
    this.#others = others;
  }

  async authenticate(request: IncomingMessage): Promise<AuthResult> {
    const ticket = request.headers.upgrade === undefined ? null : offeredTicket(request);
    if (ticket === null) return this.#others.authenticate(request);
    const principal = this.#office.redeem(ticket);
    return principal === undefined ? REFUSED : { ok: true, principal };
  }

  close(): void {
    this.#others.close?.();
  }
}
