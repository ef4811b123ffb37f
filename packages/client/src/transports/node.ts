import { connect as connectSocket } from 'node:net';
import { WebSocket } from 'ws';
import { DialError, type Dialer, type Transport, type TransportHandlers } from '../transport.ts';

/** Where a daemon listens, for {@link nodeDialer}: exactly one of the two. */
export type NodeAddress =
  | {
      /** Path of the daemon's Unix socket. The file's mode decides who may connect. */
      readonly socketPath: string;
      readonly url?: undefined;
    }
  | {
      /** `ws:` or `wss:`; `http:` and `https:` mean the same. A URL without a path gets `/v1/ws`. */
      readonly url: string;
      readonly socketPath?: undefined;
    };

/** How to reach the daemon from Node. */
export type NodeDialOptions = NodeAddress & {
  /** Sent as `Authorization: Bearer <token>`. */
  readonly token?: string | undefined;
  /** Milliseconds between pings; a peer silent for a whole interval after one is cut off. Default 30,000; `0` sends none. */
  readonly heartbeatMs?: number | undefined;
};

const DEFAULT_HEARTBEAT_MS = 30_000;
/** Above what a daemon sends in one message by default (10 MiB), below what hurts. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const OVERFED = Object.freeze({ code: 1009, reason: 'the daemon sent more than 16 MiB at once', isOverfed: true });
/** How long a peer may take to answer the closing handshake. */
const CLOSE_MS = 2_000;
/** How often a client that does not read, and so answers no ping, says that it is there. */
const SIGN_OF_LIFE_MS = 1_000;

/**
 * Dials a daemon with `ws`, over a Unix socket or TCP.
 *
 * @throws TypeError when the URL cannot be used.
 */
export function nodeDialer(options: NodeDialOptions): Dialer {
  const { socketPath } = options;
  const url = socketPath === undefined ? webSocketUrl(options.url) : new URL('ws://localhost/v1/ws');
  const headers = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
  const address = socketPath ?? `${url.protocol}//${url.host}${url.pathname}`;
  return {
    address,
    dial(handlers, signal) {
      const socket = new WebSocket(url, {
        headers,
        perMessageDeflate: false,
        maxPayload: MAX_MESSAGE_BYTES,
        // Not ws+unix: its path can hold neither a colon nor a space.
        ...(socketPath === undefined ? {} : { createConnection: () => connectSocket(socketPath) }),
      });
      return open(socket, handlers, signal, options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS);
    },
  };
}

/** Parses a daemon's URL: scheme `ws`, `wss`, `http` or `https`, path `/v1/ws` unless it has one. @throws TypeError */
export function webSocketUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = url && { 'ws:': 'ws:', 'wss:': 'wss:', 'http:': 'ws:', 'https:': 'wss:' }[url.protocol];
  if (url === undefined || scheme === undefined) {
    throw new TypeError('Cannot use url: it is no URL with scheme ws, wss, http or https');
  }
  url.protocol = scheme;
  url.hash = '';
  if (url.pathname === '/') url.pathname = '/v1/ws';
  return url;
}

function open(
  socket: WebSocket,
  handlers: TransportHandlers,
  signal: AbortSignal,
  heartbeatMs: number,
): Promise<Transport> {
  return new Promise((resolve, reject) => {
    let failure: unknown;
    let opened = false;
    const onAbort = () => {
      failure = signal.reason;
      socket.terminate();
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('unexpected-response', (_request, response) => {
      failure = httpRefusal(response.statusCode ?? 0);
      response.resume();
      socket.terminate();
    });
    let isOverfed = false;
    socket.on('error', (error: Error & { readonly code?: string }) => {
      failure ??= unreachable(error);
      isOverfed ||= error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
    });
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) handlers.onFrame(data);
      else handlers.onMessage(data.toString());
    });
    socket.on('open', () => {
      opened = true;
      signal.removeEventListener('abort', onAbort);
      watch(socket, heartbeatMs);
      resolve(transport(socket));
    });
    socket.on('close', (code, reason) => {
      signal.removeEventListener('abort', onAbort);
      if (opened) handlers.onClose(isOverfed ? OVERFED : { code, reason: reason.toString() });
      else reject(failure ?? new DialError('unreachable', 'the connection was closed during the handshake'));
    });
  });
}

function transport(socket: WebSocket): Transport {
  let signs: NodeJS.Timeout | undefined;
  const resume = () => {
    clearInterval(signs);
    signs = undefined;
    socket.resume();
  };
  socket.once('close', () => clearInterval(signs));
  return {
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    send(data, onTaken) {
      socket.send(data, (error) => onTaken?.(error ?? undefined));
    },
    pause() {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.pause();
      // A pong that nobody asked for is what RFC 6455 (section 5.5.3) has for this.
      signs ??= setInterval(() => socket.pong(), SIGN_OF_LIFE_MS).unref();
    },
    resume,
    close(code, reason) {
      // The peer's part of the handshake has to be read.
      resume();
      const cutOff = setTimeout(() => socket.terminate(), CLOSE_MS);
      cutOff.unref();
      socket.once('close', () => clearTimeout(cutOff));
      socket.close(code, reason);
    },
  };
}

/** Terminates a peer that was silent for a whole interval after a ping; half-open TCP connections end this way. */
function watch(socket: WebSocket, heartbeatMs: number): void {
  if (heartbeatMs === 0) return;
  let heard = true;
  const onSign = () => {
    heard = true;
  };
  socket.on('pong', onSign).on('ping', onSign).on('message', onSign);
  let timer: NodeJS.Timeout;
  const beat = () => {
    // While nothing is read, nothing can be heard.
    if (!heard && !socket.isPaused) {
      socket.terminate();
      return;
    }
    heard = false;
    socket.ping();
    timer = setTimeout(beat, heartbeatMs).unref();
  };
  timer = setTimeout(beat, heartbeatMs).unref();
  socket.once('close', () => clearTimeout(timer));
}

function httpRefusal(status: number): DialError {
  if (status === 401 || status === 403) {
    return new DialError('unauthenticated', `it does not accept these credentials (HTTP ${status})`);
  }
  if (status === 429 || status === 503) return new DialError('busy', `it lets nobody in for now (HTTP ${status})`);
  return new DialError('refused', `it answered HTTP ${status} instead of a WebSocket`);
}

function unreachable(error: Error & { code?: string }): DialError {
  switch (error.code) {
    case 'ENOENT':
      return new DialError('unreachable', 'there is no such socket', { cause: error });
    case 'ECONNREFUSED':
      return new DialError('unreachable', 'nobody listens there', { cause: error });
    case 'EACCES':
    case 'EPERM':
      return new DialError('refused', 'no permission to open the socket', { cause: error });
    default:
      return new DialError('unreachable', error.code ?? error.message, { cause: error });
  }
}
