import type { Server } from 'node:http';
import type { SecureContextOptions } from 'node:tls';
import type { Access } from './compose-access.ts';
import type { Config } from './config/config.ts';
import type { Containment } from './containment.ts';
import { createCommandsPage } from './http/commands-page.ts';
import { createHttpServer } from './http/http-server.ts';
import { createMetricsPage } from './http/metrics-page.ts';
import { createTicketsPage } from './http/tickets-page.ts';
import type { Logger } from './logger.ts';
import type { Probes } from './probes.ts';
import type { Runtime } from './runtime.ts';
import type { Instruments } from './telemetry/instruments.ts';
import type { ConnectionPlaces } from './transports/connection-places.ts';
import type { Entrance, WebSocketServer } from './transports/websocket-server.ts';

/** What all HTTP servers of a daemon have in common. */
export interface ServersOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly instruments: Instruments;
  readonly containment: Containment;
  readonly access: Access;
  readonly runtime: Runtime;
  readonly probes: Probes;
  readonly places: ConnectionPlaces;
  readonly webSockets: WebSocketServer;
}

/** Builds the server behind one entrance, with its pages; it does not listen yet. */
export function createServerFor(entrance: Entrance, options: ServersOptions, tls?: SecureContextOptions): Server {
  const { config, logger, instruments, containment, access, runtime, probes, places, webSockets } = options;
  const { telemetry } = instruments;
  const { door, requestOrigin } = entrance;
  return createHttpServer({
    tls,
    probes,
    requestOrigin,
    maxConnections: config.maxConnections,
    containment,
    ticketsPage: createTicketsPage({ door, office: access.tickets, onIssued: access.trust, audit: access.audit }),
    commandsPage: createCommandsPage({
      door,
      places,
      maxMessageBytes: config.maxMessageBytes,
      run: (command) => runtime.runSingle(command),
      onTurnedAway: (reason) => telemetry.connectionRefused(reason),
    }),
    metricsPage: createMetricsPage({
      door,
      expose: () => instruments.expose(),
      onRefused: (reason) => telemetry.authFailed(reason),
      logger,
    }),
    onRefused: (reason) => telemetry.authFailed(reason),
    onUpgrade: (request, socket, head) => void webSockets.upgrade(request, socket, head, entrance),
  });
}
