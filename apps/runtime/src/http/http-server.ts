import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import type { Containment, Owner } from '../containment.ts';
import type { Probes } from '../probes.ts';
import type { Page } from './metrics-page.ts';
import { refuse, requestUrl, respondJson } from './refusal.ts';
import { type RequestOriginOptions, refuseRequestOrigin } from './request-origin.ts';

/** Time a client has for the handshake of TLS, and then for a request, so that half of them cannot pile up. */
const REQUEST_MS = 10_000;

/** How often it is looked for requests whose time is over. */
const LOOK_MS = 2_000;

/** Sockets beyond the connection limit, so that probes and refusals still get through when it is reached. */
const SPARE_SOCKETS = 64;

/** What an HTTP server of the daemon serves. */
export interface HttpServerOptions {
  /** Certificate and key; without them it speaks in clear text. */
  readonly tls?: SecureContextOptions | undefined;
  readonly probes: Probes;
  readonly requestOrigin: RequestOriginOptions;
  readonly maxConnections: number;
  /** Time a client has for the handshake of TLS, and then for a request with its body; default 10 s. Who is late is cut off within two seconds. */
  readonly requestMs?: number | undefined;
  readonly containment: Containment;
  /** What is answered at `/metrics`. */
  readonly metricsPage: Page;
  /** What is answered at `/v1/commands`. */
  readonly commandsPage: Page;
  /** What is answered at `/v1/tickets`. */
  readonly ticketsPage: Page;
  /** A request was refused for the page or name it came by. */
  readonly onRefused: (reason: 'origin') => void;
  readonly onUpgrade: (request: IncomingMessage, socket: Socket, head: Buffer) => void;
}

/** What is done with a request to one path; a promise that rejects is a defect, and ends the request. */
interface Route {
  readonly methods: readonly string[];
  readonly handle: (request: IncomingMessage, response: ServerResponse) => unknown;
}

const READING = Object.freeze(['GET', 'HEAD']);

/**
 * An HTTP server with the two probes, the metrics, single commands and a hand-over of WebSocket upgrades; errors are JSON with the codes of the
 * protocol. It is returned before it listens.
 */
export function createHttpServer(options: HttpServerOptions): Server {
  const { tls, requestOrigin, maxConnections, containment, onRefused, onUpgrade, requestMs = REQUEST_MS } = options;
  const routes = routesOf(options);
  const answer = (request: IncomingMessage, response: ServerResponse): unknown => {
    const refused = refuseRequestOrigin(request, requestOrigin);
    if (refused !== null) {
      onRefused('origin');
      return refuse(response, { code: 'FORBIDDEN', message: refused });
    }
    const route = routes.get(requestUrl(request)?.pathname ?? '');
    if (route === undefined) {
      return refuse(response, { code: 'UNKNOWN_COMMAND', status: 404, message: 'There is nothing at this path' });
    }
    if (route.methods.includes(request.method ?? '')) return route.handle(request, response);
    return refuse(response, {
      code: 'INVALID_COMMAND',
      status: 405,
      message: `This path only answers ${route.methods[0]}`,
      headers: { allow: route.methods.join(', ') },
    });
  };
  const contained = (request: IncomingMessage, response: ServerResponse): void => {
    const owner: Owner = { kind: 'request', facts: {}, end: () => fail(response) };
    containment.run(owner, () => answer(request, response));
  };
  const times = { headersTimeout: requestMs, requestTimeout: requestMs, connectionsCheckingInterval: LOOK_MS };
  const server =
    tls === undefined
      ? createServer(times, contained)
      : createTlsServer({ ...times, handshakeTimeout: requestMs, ...tls }, contained);
  server.maxConnections = maxConnections + SPARE_SOCKETS;
  server.on('upgrade', (request, socket, head) => onUpgrade(request, socket as Socket, head));
  return server;
}

function routesOf({ probes, metricsPage, commandsPage, ticketsPage }: HttpServerOptions): ReadonlyMap<string, Route> {
  const webSocketOnly = (_request: IncomingMessage, response: ServerResponse): void => {
    refuse(response, {
      code: 'INVALID_MESSAGE',
      status: 426,
      message: 'This address speaks WebSocket; connect with an upgrade',
      headers: { upgrade: 'websocket', connection: 'upgrade' },
    });
  };
  const readyz: Route['handle'] = (_request, response) => {
    const readiness = probes.readiness();
    respondJson(response, readiness.status === 'ready' ? 200 : 503, readiness);
  };
  return new Map<string, Route>([
    ['/', { methods: READING, handle: webSocketOnly }],
    ['/v1/ws', { methods: READING, handle: webSocketOnly }],
    ['/healthz', { methods: READING, handle: (_request, response) => respondJson(response, 200, probes.health()) }],
    ['/readyz', { methods: READING, handle: readyz }],
    ['/metrics', { methods: READING, handle: metricsPage }],
    ['/v1/commands', { methods: ['POST'], handle: commandsPage }],
    ['/v1/tickets', { methods: ['POST'], handle: ticketsPage }],
  ]);
}

/** Ends a request that cannot be answered any more. */
function fail(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else refuse(response, { code: 'INTERNAL', message: 'The request could not be answered; the log tells more' });
}
