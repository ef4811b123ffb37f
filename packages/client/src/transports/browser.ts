import { DialError, type Dialer, type Transport, type TransportHandlers } from '../transport.ts';

/** The part of the standard `WebSocket` that is used here; what browsers and Node 22 or newer have as a global. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}

/** A constructor of {@link WebSocketLike}. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** How to reach the daemon from a page. */
export interface BrowserDialOptions {
  /** `ws:` or `wss:`; `http:` and `https:` mean the same. A URL without a path gets `/v1/ws`. */
  readonly url: string;
  /** Offered as the subprotocol `sessiond.token.<token>`: pages cannot set headers, and URLs end up in logs. */
  readonly token?: string | undefined;
  /**
   * Fetches a ticket from `POST /v1/tickets` before each connection, through a server of one's own that holds the token; offered as the subprotocol
   * `sessiond.ticket.<ticket>`. Not together with `token`. When it rejects, the attempt fails.
   */
  readonly ticket?: (() => Promise<string>) | undefined;
  /** Default: the global `WebSocket`. */
  readonly webSocket?: WebSocketConstructor | undefined;
}

/** The subprotocol that is offered first and that the daemon selects, so that a token is never echoed. */
const SUBPROTOCOL = 'sessiond.v1';
/** What both a header and a subprotocol can carry as it is. */
const TOKEN_PATTERN = /^[A-Za-z0-9._~-]+$/;
/** `bufferedAmount` has no event, so it is looked at while somebody waits for it. */
const POLL_MS = 4;

/**
 * Dials a daemon with the standard `WebSocket`.
 *
 * A page cannot learn why a handshake failed; every such failure is `unreachable`, except the close codes 1008 and 1002.
 *
 * @throws TypeError when the URL or the token cannot be used, or there is no `WebSocket`.
 */
export function browserDialer(options: BrowserDialOptions): Dialer {
  const url = new URL(options.url.replace(/^http/, 'ws'));
  if (url.pathname === '/') url.pathname = '/v1/ws';
  const Constructor = options.webSocket ?? (globalThis as { WebSocket?: unknown }).WebSocket;
  if (typeof Constructor !== 'function') throw new TypeError('Cannot connect: this platform has no WebSocket');
  if (options.token !== undefined && !TOKEN_PATTERN.test(options.token)) {
    throw new TypeError('Cannot connect: the token holds other characters than A-Z a-z 0-9 . _ ~ -');
  }
  const { token, ticket } = options;
  if (token !== undefined && ticket !== undefined)
    throw new TypeError('Cannot connect: there are both token and ticket');
  const connect = (credential: readonly string[], handlers: TransportHandlers, signal: AbortSignal) =>
    open(new (Constructor as WebSocketConstructor)(url.href, [SUBPROTOCOL, ...credential]), handlers, signal);
  return {
    address: `${url.protocol}//${url.host}${url.pathname}`,
    async dial(handlers, signal) {
      if (ticket === undefined) {
        return connect(token === undefined ? [] : [`sessiond.token.${token}`], handlers, signal);
      }
      const fetched = await fetchTicket(ticket, signal);
      return connect([`sessiond.ticket.${fetched}`], handlers, signal);
    },
  };
}

/** @throws DialError when there is none that could be used; rejects with the reason of the signal when it aborts. */
async function fetchTicket(ticket: () => Promise<string>, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {});
  let fetched: string;
  try {
    fetched = await Promise.race([ticket(), aborted]);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new DialError('unreachable', 'there is no ticket to be had', { cause });
  }
  if (!TOKEN_PATTERN.test(fetched))
    throw new DialError('unauthenticated', 'a ticket holds other characters than it can');
  return fetched;
}

function open(socket: WebSocketLike, handlers: TransportHandlers, signal: AbortSignal): Promise<Transport> {
  socket.binaryType = 'arraybuffer';
  return new Promise((resolve, reject) => {
    const sender = new Sender(socket);
    let opened = false;
    const onAbort = () => {
      reject(signal.reason);
      socket.close();
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    socket.onopen = () => {
      opened = true;
      signal.removeEventListener('abort', onAbort);
      resolve(sender);
    };
    socket.onmessage = (event: { data: string | ArrayBuffer }) => {
      if (typeof event.data === 'string') handlers.onMessage(event.data);
      else handlers.onFrame(new Uint8Array(event.data));
    };
    socket.onerror = () => {};
    socket.onclose = (event: { code: number; reason: string }) => {
      signal.removeEventListener('abort', onAbort);
      sender.end();
      if (opened) handlers.onClose({ code: event.code, reason: event.reason });
      else reject(new DialError('unreachable', `the handshake failed (close code ${event.code})`));
    };
  });
}

/** Sends in order and finds out by looking when the browser has passed a message on. */
class Sender implements Transport {
  readonly #socket: WebSocketLike;
  /** Bytes handed over since the start, as the browser counts them. */
  #sentBytes = 0;
  #waiting: { readonly mark: number; readonly onTaken: (error?: Error) => void }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  constructor(socket: WebSocketLike) {
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(data: string | Uint8Array, onTaken?: (error?: Error) => void): void {
    if (this.#over) {
      onTaken?.(new Error('the socket is closed'));
      return;
    }
    const before = this.#socket.bufferedAmount;
    this.#socket.send(data as string | Uint8Array<ArrayBuffer>);
    this.#sentBytes += this.#socket.bufferedAmount - before;
    if (onTaken === undefined) return;
    this.#waiting.push({ mark: this.#sentBytes, onTaken });
    this.#timer ??= setTimeout(() => this.#look(), 0);
  }

  close(code: number, reason: string): void {
    // Pages may only send 1000 and 3000 to 4999.
    this.#socket.close(code === 1000 || code >= 3000 ? code : 1000, reason);
  }

  /** Nothing that waits will be taken any more. */
  end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    for (const { onTaken } of this.#waiting.splice(0)) onTaken(new Error('the socket is closed'));
  }

  #look(): void {
    this.#timer = undefined;
    const passedOn = this.#sentBytes - this.#socket.bufferedAmount;
    while (this.#waiting[0] !== undefined && this.#waiting[0].mark <= passedOn) this.#waiting.shift()?.onTaken();
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#look(), POLL_MS);
  }
}
