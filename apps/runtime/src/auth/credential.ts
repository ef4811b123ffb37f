import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { offeredTicket, offeredToken } from './subprotocol.ts';

/** The token of a request: from the `Authorization` header, or, because browsers cannot set that on a WebSocket, from the subprotocols. */
export function presentedToken(request: IncomingMessage): string | null {
  return bearerToken(request) ?? offeredToken(request);
}

/**
 * Whatever a request brings to prove who it is from: a token, a ticket, another authorization, cookies. `null` for one that brings nothing, and so
 * guesses nothing.
 */
export function presentedCredential(request: IncomingMessage): string | null {
  const { authorization, cookie } = request.headers;
  return presentedToken(request) ?? offeredTicket(request) ?? authorization ?? cookie ?? null;
}

/** The SHA-256 digest by which secrets are kept and compared. */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function bearerToken({ headers }: IncomingMessage): string | null {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}
