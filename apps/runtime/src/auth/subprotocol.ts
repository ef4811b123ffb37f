import type { IncomingMessage } from 'node:http';

/** The WebSocket subprotocol of sessiond; a client that offers it gets it confirmed. */
export const SUBPROTOCOL = 'sessiond.v1';

const TOKEN_PREFIX = 'sessiond.token.';
const TICKET_PREFIX = 'sessiond.ticket.';

/** The token among the offered subprotocols; `null` when there is none. It is never confirmed, so it does not travel back. */
export function offeredToken(request: IncomingMessage): string | null {
  return offered(request, TOKEN_PREFIX);
}

/** The ticket among the offered subprotocols; `null` when there is none. It is never confirmed either. */
export function offeredTicket(request: IncomingMessage): string | null {
  return offered(request, TICKET_PREFIX);
}

function offered(request: IncomingMessage, prefix: string): string | null {
  for (const name of (request.headers['sec-websocket-protocol'] ?? '').split(',')) {
    const protocol = name.trim();
    if (protocol.startsWith(prefix)) return protocol.slice(prefix.length);
  }
  return null;
}
