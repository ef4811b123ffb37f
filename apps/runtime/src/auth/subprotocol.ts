import type { IncomingMessage } from 'node:http';

/** The WebSocket subprotocol of sessiond; a client that offers it gets it confirmed. */
export const SUBPROTOCOL = 'sessiond.v1';

const TOKEN_PREFIX = 'sessiond.token.';

/** The token among the offered subprotocols; `null` when there is none. It is never confirmed, so it does not travel back. */
export function offeredToken(request: IncomingMessage): string | null {
  for (const name of (request.headers['sec-websocket-protocol'] ?? '').split(',')) {
    const offered = name.trim();
    if (offered.startsWith(TOKEN_PREFIX)) return offered.slice(TOKEN_PREFIX.length);
  }
  return null;
}
