import type { Server } from 'node:http';
import { closeCodes } from '@sessiond/protocol';
import type { Runtime } from './runtime.ts';
import type { WebSocketServer } from './transports/websocket-server.ts';
import { withinMs } from './within-ms.ts';

/** Time clients have for their half of the closing handshake. */
const FAREWELL_MS = 1000;

/** What a daemon is made of, as far as its end is concerned. */
export interface DrainParts {
  readonly servers: readonly Server[];
  readonly webSockets: WebSocketServer;
  readonly runtime: Runtime;
  readonly drainMs: number;
  /** Removes the socket file. */
  readonly unlink: () => void;
}

/**
 * Ends a daemon in order: everyone told and nothing new taken, running work finished or aborted within `drainMs`, children ended, WebSockets
 * closed with 1001, and only then the listeners and the socket file gone. Until then probes and refusals are answered, so that whoever
 * asks learns that the daemon drains rather than that it is gone. Settles at most six seconds after `drainMs`; nothing of the daemon
 * keeps the process alive afterwards, also when it rejects because the sessions could not be ended in order.
 */
export async function drain({ servers, webSockets, runtime, drainMs, unlink }: DrainParts): Promise<void> {
  webSockets.drain();
  try {
    await runtime.shutdown('shutting down', drainMs);
  } finally {
    unlink();
    await closeListeners(servers, webSockets);
  }
}

async function closeListeners(servers: readonly Server[], webSockets: WebSocketServer): Promise<void> {
  // Answers that are on their way still get there.
  const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
  await Promise.all([
    webSockets.closeAll(closeCodes.goingAway, 'shutting down', FAREWELL_MS),
    withinMs(FAREWELL_MS, Promise.all(closed)),
  ]);
  for (const server of servers) server.closeAllConnections();
}
