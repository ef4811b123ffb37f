import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Probes } from '../probes.ts';
import type { Page } from './metrics-page.ts';
import { refuse, requestUrl, respondJson } from './refusal.ts';
import { type RequestOriginOptions, refuseRequestOrigin } from './request-origin.ts';

/** Time a client has to send the head of a request, so that half requests cannot pile up. */
const HEAD_MS = 10_000;

/** Sockets beyond the connection limit, so that probes and refusals still get through when it is reached. */
const SPARE_SOCKETS = 64;

/** What an HTTP server of the daemon serves. */
export interface HttpServerOptions {
  readonly probes: Probes;
  readonly requestOrigin: RequestOriginOptions;
  readonly maxConnections: number;
  /** What is answered at `/metrics`. */
  readonly metricsPage: Page;
  /** A request was refused for the page or name it came by. */
  readonly onRefused: (reason: 'origin') => void;
  readonly onUpgrade: (request: IncomingMessage, socket: Socket, head: Buffer) => void;
}

type Handler = (response: ServerResponse, request: IncomingMessage) => void;

/**
 * An HTTP server with the two probes, the metrics and a hand-over of WebSocket upgrades; errors are JSON with the codes of the protocol.
 * It is returned before it listens.
 */
export function createHttpServer(options: HttpServerOptions): Server {
  const { probes, requestOrigin, maxConnections, metricsPage, onRefused, onUpgrade } = options;
  const webSocketOnly: Handler = (response) => {
    refuse(response, {
      code: 'INVALID_MESSAGE',
      status: 426,
      message: 'This address speaks WebSocket; connect with an upgrade',
      headers: { upgrade: 'websocket', connection: 'upgrade' },
    });
  };
  const routes: ReadonlyMap<string, Handler> = new Map<string, Handler>([
    ['/', webSocketOnly],
    ['/v1/ws', webSocketOnly],
    ['/healthz', (response) => respondJson(response, 200, probes.health())],
    [
      '/readyz',
      (response) => {
        const readiness = probes.readiness();
        respondJson(response, readiness.status === 'ready' ? 200 : 503, readiness);
      },
    ],
    ['/metrics', (response, request) => void metricsPage(request, response)],
  ]);
  const server = createServer({ headersTimeout: HEAD_MS, requestTimeout: HEAD_MS }, (request, response) => {
    const refused = refuseRequestOrigin(request, requestOrigin);
    if (refused !== null) {
      onRefused('origin');
      refuse(response, { code: 'FORBIDDEN', message: refused });
      return;
    }
    const handler = routes.get(requestUrl(request)?.pathname ?? '');
    if (handler === undefined) {
      refuse(response, { code: 'UNKNOWN_COMMAND', status: 404, message: 'There is nothing at this path' });
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      refuse(response, {
        code: 'INVALID_COMMAND',
        status: 405,
        message: 'This path only answers GET',
        headers: { allow: 'GET, HEAD' },
      });
    } else {
      handler(response, request);
    }
  });
  server.maxConnections = maxConnections + SPARE_SOCKETS;
  server.on('upgrade', (request, socket, head) => onUpgrade(request, socket as Socket, head));
  return server;
}
