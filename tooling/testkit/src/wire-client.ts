import { once } from 'node:events';
import { type RawData, WebSocket } from 'ws';

/** Where and how a client connects. */
export interface WireTarget {
  /** Over TCP: `http://host:port`. */
  readonly url?: string;
  /** Over a Unix socket. */
  readonly socketPath?: string;
  readonly token?: string;
  /** Default `/v1/ws`. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
}

/** How a connection ended. */
export interface WireClose {
  readonly code: number;
  readonly reason: string;
}

/** A WebSocket with nothing between the test and the wire: messages and frames arrive in order, one `await` each. */
export class WireClient {
  readonly ws: WebSocket;
  /** Settles when the connection is gone. */
  readonly closed: Promise<WireClose>;
  readonly #arrived: (string | Buffer)[] = [];
  readonly #waiting: ((item: string | Buffer) => void)[] = [];

  private constructor(ws: WebSocket) {
    this.ws = ws;
    this.closed = new Promise((resolve) => {
      ws.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    ws.on('message', (data: RawData, isBinary) => {
      const item = isBinary ? (data as Buffer) : data.toString();
      const next = this.#waiting.shift();
      if (next === undefined) this.#arrived.push(item);
      else next(item);
    });
    ws.on('error', () => {});
  }

  /** Connects; rejects with status and body when the server refuses. */
  static async connect(target: WireTarget): Promise<WireClient> {
    const path = target.path ?? '/v1/ws';
    const address =
      target.socketPath === undefined
        ? `${target.url!.replace(/^http/, 'ws')}${path}`
        : `ws+unix://${target.socketPath}:${path}`;
    const ws = new WebSocket(address, [...(target.protocols ?? [])], {
      perMessageDeflate: false,
      headers: { ...(target.token !== undefined && { authorization: `Bearer ${target.token}` }), ...target.headers },
    });
    const client = new WireClient(ws);
    const refused = new Promise<never>((_, reject) => {
      ws.once('unexpected-response', (_request, response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          body += text;
        });
        response.on('end', () => reject(new RefusedUpgrade(response.statusCode ?? 0, body)));
      });
      ws.once('error', reject);
    });
    await Promise.race([once(ws, 'open'), refused]);
    return client;
  }

  /** The next message or frame. */
  next(): Promise<string | Buffer> {
    const item = this.#arrived.shift();
    if (item !== undefined) return Promise.resolve(item);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** The next item, which must be a message; parsed. Passes by what a server tells of its earlier runs; `next` does not. */
  async nextMessage(): Promise<Record<string, unknown>> {
    const item = await this.next();
    if (typeof item !== 'string') throw new Error(`expected a message, got a frame of ${item.length} bytes`);
    const message = JSON.parse(item) as Record<string, unknown>;
    return message['type'] === 'startup_recovery_summary' ? this.nextMessage() : message;
  }

  /** Skips everything up to the first message that fits. */
  async messageWhere(fits: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (;;) {
      const item = await this.next();
      if (typeof item !== 'string') continue;
      const message = JSON.parse(item) as Record<string, unknown>;
      if (fits(message)) return message;
    }
  }

  /** Sends a command and returns its response; everything that arrives before is dropped. */
  async command(
    command: Readonly<Record<string, unknown>> & { readonly id: string },
  ): Promise<Record<string, unknown>> {
    this.send(command);
    return this.messageWhere((message) => message['type'] === 'response' && message['id'] === command.id);
  }

  /** Sends text or bytes as they are, anything else as JSON. */
  send(data: string | Uint8Array | object): void {
    this.ws.send(typeof data === 'string' || data instanceof Uint8Array ? data : JSON.stringify(data));
  }

  /** Closes and waits for the end. */
  close(code = 1000): Promise<WireClose> {
    this.ws.close(code);
    return this.closed;
  }
}

/** The server answered an upgrade with something else than a WebSocket. */
export class RefusedUpgrade extends Error {
  override readonly name = 'RefusedUpgrade';
  readonly status: number;
  /** The JSON body, `null` when it is none. */
  readonly body: { readonly code?: string; readonly error?: string } | null;

  constructor(status: number, text: string) {
    super(`the upgrade was refused with ${status}`);
    this.status = status;
    this.body = text.startsWith('{') ? (JSON.parse(text) as { code?: string; error?: string }) : null;
  }
}
