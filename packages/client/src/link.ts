import type { EventMessage, ProtocolError, ServerReadyData } from '@sessiond/protocol/client';
import type { ClientState } from './client-state.ts';
import { Connection } from './connection.ts';
import { ClientClosedError, ConnectError, ConnectionLostError } from './errors.ts';
import { Backoff, type ReconnectOptions } from './reconnect.ts';
import type { Dialer } from './transport.ts';

/** How a link is kept; every default is filled in. */
export interface LinkOptions {
  readonly clientName: string;
  readonly connectTimeoutMs: number;
  readonly reconnect: ReconnectOptions | undefined;
  readonly now: () => number;
  readonly random: () => number;
}

/** What a link tells the client that keeps it. */
export interface LinkHandlers {
  /** `chars` is the length of the message it came in. */
  onEvent(event: EventMessage, chars: number): void;
  onFault(fault: ProtocolError): void;
  /** A connection is usable; called before those who wait for one. */
  onUp(connection: Connection): void;
  onDown(cause: Error): void;
  onState(state: ClientState): void;
}

/**
 * Keeps one connection to the daemon: dials, notices the loss, comes back with backoff, gives up.
 *
 * A daemon that refuses for good (credentials, protocol version) closes the link at once.
 */
export class Link {
  readonly #dialer: Dialer;
  readonly #options: LinkOptions;
  readonly #handlers: LinkHandlers;
  readonly #waiting = new Set<(connection: Connection | Error) => void>();
  readonly #closing = new AbortController();
  #connection: Connection | undefined;
  #server: ServerReadyData | undefined;
  #state: ClientState = { status: 'closed', cause: undefined };
  #backoff: Backoff | undefined;
  #openedAtMs = 0;
  #reconnects = 0;

  private constructor(dialer: Dialer, options: LinkOptions, handlers: LinkHandlers) {
    this.#dialer = dialer;
    this.#options = options;
    this.#handlers = handlers;
  }

  /** Makes the first connection, in one attempt. @throws ConnectError, or the signal's reason. */
  static async open(
    dialer: Dialer,
    options: LinkOptions,
    handlers: LinkHandlers,
    signal: AbortSignal | undefined,
  ): Promise<Link> {
    const link = new Link(dialer, options, handlers);
    await link.#dial(signal);
    return link;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** The greeting on the current or last connection. */
  get server(): ServerReadyData {
    return this.#server!;
  }

  get state(): ClientState {
    return this.#state;
  }

  get address(): string {
    return this.#dialer.address;
  }

  /** Connections made after the first. */
  get reconnects(): number {
    return this.#reconnects;
  }

  /** Aborted when the link is closed for good. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /**
   * Calls back once, with the connection (at once if there is one) or with the error that ends the waiting.
   * What it returns takes the callback back.
   */
  whenUp(callback: (connection: Connection | Error) => void): () => void {
    if (this.#connection !== undefined) callback(this.#connection);
    else if (this.#state.status === 'closed') callback(this.#closedError());
    else this.#waiting.add(callback);
    return () => {
      this.#waiting.delete(callback);
    };
  }

  /** Waits; `false` when the link was closed meanwhile. Keeps the process alive, because somebody counts on what follows. */
  pause(delayMs: number): Promise<boolean> {
    const { signal } = this.#closing;
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const onAbort = () => {
        clearTimeout(timer);
        resolve(false);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', onAbort);
        resolve(true);
      }, delayMs);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Ends the link; requests reject with `CLIENT_CLOSED`. Resolves when the transport is gone, in bounded time. Idempotent. */
  async close(): Promise<void> {
    const connection = this.#connection;
    this.#finish(undefined);
    connection?.abandon(this.#closedError());
    await connection?.close();
  }

  async #dial(signal: AbortSignal | undefined): Promise<void> {
    const { clientName, connectTimeoutMs } = this.#options;
    let wasThere = false;
    const connection = await Connection.open(
      this.#dialer,
      { clientName, timeoutMs: connectTimeoutMs, signal },
      {
        onEvent: (event, chars) => this.#handlers.onEvent(event, chars),
        onFault: (fault) => this.#handlers.onFault(fault),
        onGone: () => {
          wasThere = this.#connection !== undefined;
          this.#connection = undefined;
        },
        onClose: (cause) => {
          if (wasThere) this.#onLost(cause);
        },
      },
    );
    this.#server = connection.server;
    this.#openedAtMs = this.#options.now();
    if (connection.isClosed) {
      this.#onLost(new ConnectionLostError('Cannot go on: the connection was lost right after the greeting'));
      return;
    }
    this.#connection = connection;
    this.#state = { status: 'open' };
    this.#handlers.onUp(connection);
    for (const callback of this.#takeWaiting()) callback(connection);
    // Behind those who wait: who is told may ask for something more.
    if (this.#connection === connection) this.#handlers.onState(this.#state);
  }

  #onLost(cause: ConnectionLostError): void {
    this.#connection = undefined;
    const { reconnect, now, random } = this.#options;
    if (this.#closing.signal.aborted) return;
    this.#handlers.onDown(cause);
    if (reconnect === undefined) {
      this.#finish(cause);
      return;
    }
    // A daemon that accepts and drops at once does not get a fresh deadline each time.
    const wasStable = now() - this.#openedAtMs >= reconnect.maxDelayMs;
    if (this.#backoff === undefined || wasStable) this.#backoff = new Backoff(reconnect, now, random);
    void this.#comeBack(this.#backoff, cause);
  }

  async #comeBack(backoff: Backoff, loss: Error): Promise<void> {
    let cause = loss;
    for (;;) {
      const delayMs = backoff.next();
      if (delayMs === undefined) {
        this.#finish(
          new ConnectionLostError(`Cannot go on: no connection after ${backoff.attempt} attempts`, { cause }),
        );
        return;
      }
      this.#setState({ status: 'reconnecting', attempt: backoff.attempt, delayMs, cause });
      if (!(await this.pause(delayMs))) return;
      try {
        this.#reconnects += 1;
        await this.#dial(this.#closing.signal);
        return;
      } catch (error) {
        this.#reconnects -= 1;
        if (this.#closing.signal.aborted) return;
        cause = error as Error;
        if (error instanceof ConnectError && (error.failure === 'unauthenticated' || error.failure === 'protocol')) {
          this.#finish(error);
          return;
        }
      }
    }
  }

  #finish(cause: Error | undefined): void {
    if (this.#closing.signal.aborted) return;
    this.#connection = undefined;
    this.#state = { status: 'closed', cause };
    const error = this.#closedError();
    this.#closing.abort(error);
    for (const callback of this.#takeWaiting()) callback(error);
    this.#handlers.onState(this.#state);
  }

  #closedError(): Error {
    const cause = this.#state.status === 'closed' ? this.#state.cause : undefined;
    return cause ?? new ClientClosedError('Cannot go on: the client is closed');
  }

  #takeWaiting(): ((connection: Connection | Error) => void)[] {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    return waiting;
  }

  #setState(state: ClientState): void {
    this.#state = state;
    this.#handlers.onState(state);
  }
}
