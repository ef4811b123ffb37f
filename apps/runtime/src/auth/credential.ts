import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { offeredTicket, offeredToken } from './subprotocol.ts';

/** The token of a request: from the `Authorization` header, or, because browsers cannot set that on a WebSocket, from the subprotocols. */
export function presentedToken(request: IncomingMessage): string | null {
  return bearerToken(request) ?? offeredToken(request);
}

/**
 * Whatever a request brings to prove who it is from: of a WebSocket with a ticket that one, else everything together, so that nobody tries many of
 * one kind under the cover of one of another. `null` for one that brings nothing, and so guesses nothing.
 */
export function presentedCredential(request: IncomingMessage): string | null {
  const ticket = offeredTicket(request);
  const { authorization, cookie, upgrade } = request.headers;
  if (ticket !== null && upgrade !== undefined) return ticket;
  const brought = [bearerToken(request) ?? authorization, offeredToken(request), ticket, cookie];
  const present = brought.filter((each) => each !== undefined && each !== null);
  return present.length === 0 ? null : present.join('\n');
}

/** The SHA-256 digest by which secrets are kept and compared. */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function bearerToken({ headers }: IncomingMessage): string | null {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}
