import {
  decodeFrame,
  decodeServerMessage,
  type EventMessage,
  errorFromResponse,
  type Frame,
  GrowingTexts,
  isCompatible,
  PROTOCOL_VERSION,
  ProtocolError,
  type Response,
  type ServerReady,
  type ServerReadyData,
} from '@sessiond/protocol/client';
import { within } from './deadline.ts';
import { ClientLimitError, ConnectError, type ConnectionLostError, ProtocolViolationError } from './errors.ts';
import { lost, type Outcome, SentRequests } from './sent-requests.ts';
import { DialError, type Dialer, type Transport, type TransportClose } from './transport.ts';

/** What a connection tells the client that opened it. */
export interface ConnectionHandlers {
  /** `chars` is the length of the message it came in. */
  onEvent(event: EventMessage, chars: number): void;
  /** The daemon refused something that nobody awaits, such as input. */
  onFault(fault: ProtocolError): void;
  /** It is gone, however that came about: what is to be sent again waits for another one. Called once, before its requests are settled. */
  onGone(): void;
  /** Its requests are settled as well. Called once, behind {@link onGone}, and only if `open` resolved. */
  onClose(cause: ConnectionLostError): void;
}

/** What concerns one attachment. */
export interface ChannelHandlers {
  onFrame(frame: Frame): void;
  /** The daemon refused a frame of this channel. */
  onFault(fault: ProtocolError): void;
}

/** How a connection is opened. */
export interface ConnectionOptions {
  /** `name/version`, for the logs of the daemon. */
  readonly clientName: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const CLOSED_BY_OWNER = 1000;
const PROTOCOL_BROKEN = 1002;
const UTF8 = new TextEncoder();

/**
 * One life of the transport: the handshake, requests by id, byte frames by channel.
 *
 * Everything is dispatched in the turn in which it arrived, so that a channel can be bound in the callback of the
 * response that names it, before its first frame. A message that breaks the protocol ends the connection.
 */
export class Connection {
  readonly #handlers: ConnectionHandlers;
  readonly #requests = new SentRequests();
  readonly #channels = new Map<number, ChannelHandlers>();
  readonly #texts = new GrowingTexts();
  #transport: Transport | undefined;
  #server: ServerReadyData | undefined;
  #isOpen = false;
  #closed: TransportClose | undefined;
  #onReady: ((error?: DialError) => void) | undefined;
  #onClosed: (() => void)[] = [];

  private constructor(handlers: ConnectionHandlers) {
    this.#handlers = handlers;
  }

  /**
   * Dials, awaits the daemon's greeting and says hello.
   *
   * @throws ConnectError, or the reason of an aborted signal; nothing is left open then.
   */
  static open(dialer: Dialer, options: ConnectionOptions, handlers: ConnectionHandlers): Promise<Connection> {
    const dialing = new AbortController();
    const { address } = dialer;
    const connection = new Connection(handlers);
    return within(
      {
        signal: options.signal,
        timeoutMs: options.timeoutMs,
        onTimeout: () => new ConnectError(address, 'timeout', `no greeting within ${count(options.timeoutMs)} ms`),
        onAbandon: () => {
          dialing.abort();
          connection.#transport?.close(CLOSED_BY_OWNER, '');
        },
      },
      (resolve, reject) => {
        connection.#greet(dialer, dialing.signal, options.clientName).then(
          () => resolve(connection),
          (error: unknown) => {
            connection.#transport?.close(PROTOCOL_BROKEN, '');
            reject(
              error instanceof DialError
                ? new ConnectError(address, error.failure, error.message, { cause: error.cause })
                : new ConnectError(address, 'unreachable', 'the dial failed', { cause: error }),
            );
          },
        );
      },
    );
  }

  /** The daemon's greeting. */
  get server(): ServerReadyData {
    return this.#server!;
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** Requests without a response so far. */
  get pendingRequests(): number {
    return this.#requests.size;
  }

  /** Stops reading, where the transport can. */
  pause(): void {
    this.#transport?.pause?.();
  }

  /** Reads on. */
  resume(): void {
    this.#transport?.resume?.();
  }

  /** Bytes that the operating system has not taken yet. */
  get bufferedBytes(): number {
    return this.#transport?.bufferedBytes ?? 0;
  }

  /**
   * Sends a command; `settle` is called once, in the turn in which the response arrives. One that is larger than the daemon reads is kept back, whose
   * refusal would name no command or end the connection, and so is one with the id of another, whose answers could not be told apart.
   */
  request(command: { readonly id: string; readonly type: string }, settle: (outcome: Outcome) => void): void {
    const { id, type } = command;
    if (this.#closed !== undefined) {
      settle({ ok: false, error: lost(`Cannot send ${type}`, this.#closed), by: 'loss' });
      return;
    }
    const text = JSON.stringify(command);
    const bytes = UTF8.encode(text).length;
    const error = this.#refusal(command, bytes);
    if (error === undefined) {
      this.#requests.add(id, { command: type, bytes, settle });
      this.#transport?.send(text);
    } else settle({ ok: false, error, by: 'unsent' });
  }

  /** Sends a command about a command; its response interests nobody. */
  tell(command: { readonly id: string; readonly type: string; readonly commandId: string }): void {
    if (this.#closed === undefined) this.#transport?.send(JSON.stringify(command));
  }

  /** Settles every request with `error`; late responses are dropped. */
  abandon(error: Error): void {
    this.#requests.abandon(error);
  }

  /** Stops waiting for a response; a late one is dropped. */
  forget(id: string): void {
    this.#requests.take(id);
  }

  /** Sends an encoded frame; `onTaken` as in {@link Transport.send}. */
  sendFrame(frame: Uint8Array, onTaken?: (error?: Error) => void): void {
    if (this.#closed === undefined) this.#transport?.send(frame, onTaken);
    else onTaken?.(lost('Cannot send frame', this.#closed));
  }

  /** Routes what concerns a channel; frames of unbound channels are dropped. */
  bind(channel: number, handlers: ChannelHandlers): void {
    this.#channels.set(channel, handlers);
  }

  unbind(channel: number): void {
    this.#channels.delete(channel);
  }

  /** Closes and resolves once the transport is gone, in bounded time. Idempotent, never throws. */
  close(code: number = CLOSED_BY_OWNER, reason = ''): Promise<void> {
    if (this.#closed !== undefined) return Promise.resolve();
    const closed = new Promise<void>((resolve) => this.#onClosed.push(resolve));
    this.#transport?.close(code, reason);
    return closed;
  }

  #refusal({ id, type }: { readonly id: string; readonly type: string }, bytes: number): Error | undefined {
    const { maxMessageBytes } = this.server.limits;
    if (bytes > maxMessageBytes) return tooLarge(type, bytes, maxMessageBytes);
    if (!this.#requests.has(id)) return undefined;
    return new ClientLimitError(`Cannot send ${type}: a request with its id is unanswered already`);
  }

  async #greet(dialer: Dialer, signal: AbortSignal, clientName: string): Promise<void> {
    const ready = new Promise<void>((resolve, reject) => {
      this.#onReady = (error) => (error === undefined ? resolve() : reject(error));
    });
    // Rejected while the dial below is awaited, it would count as unhandled.
    ready.catch(() => {});
    const transport = await dialer.dial(
      {
        onMessage: (text) => this.#onMessage(text),
        onFrame: (bytes) => this.#onFrame(bytes),
        onClose: (close) => this.#onClose(close),
      },
      signal,
    );
    this.#transport = transport;
    if (signal.aborted) transport.close(CLOSED_BY_OWNER, '');
    await ready;
    transport.send(JSON.stringify({ type: 'hello', protocolVersion: PROTOCOL_VERSION, client: clientName }));
    this.#isOpen = true;
  }

  #onMessage(text: string): void {
    const decoded = decodeServerMessage(text);
    if (!decoded.ok) {
      const request = decoded.id === undefined ? undefined : this.#requests.take(decoded.id);
      if (request === undefined) this.#breakOff(decoded.error.message);
      else request.settle({ ok: false, error: new ProtocolViolationError(decoded.error.message), by: 'answer' });
      return;
    }
    const { message } = decoded;
    switch (message.type) {
      case 'response':
        this.#onResponse(message);
        break;
      case 'event':
      case 'delta': {
        const event = this.#texts.event(message);
        if (event !== undefined) this.#handlers.onEvent(event, text.length);
        break;
      }
      case 'server_ready':
        this.#onServerReady(message);
        break;
    }
  }

  #onServerReady(message: ServerReady): void {
    const { protocolVersion, serverVersion } = message.data;
    this.#server = message.data;
    if (isCompatible(protocolVersion)) this.#onReady?.();
    else {
      const found = `sessiond ${serverVersion} speaks protocol ${protocolVersion}, this client ${PROTOCOL_VERSION}`;
      this.#onReady?.(new DialError('protocol', found));
    }
  }

  #onResponse(message: Response): void {
    const request = message.id === undefined ? undefined : this.#requests.take(message.id);
    if (request !== undefined) {
      request.settle(outcomeOf(message));
    } else if (!message.success && message.id === undefined) {
      const fault = errorFromResponse(message);
      const channel = fault.details?.['channel'];
      if (typeof channel === 'number') this.#channels.get(channel)?.onFault(fault);
      this.#handlers.onFault(fault);
    }
  }

  #onFrame(bytes: Uint8Array): void {
    const decoded = decodeFrame(bytes);
    if (decoded.ok) this.#channels.get(decoded.frame.channel)?.onFrame(decoded.frame);
    else this.#breakOff(decoded.error.message);
  }

  #breakOff(found: string): void {
    this.#onReady?.(new DialError('protocol', found));
    this.#handlers.onFault(new ProtocolError('INVALID_MESSAGE', found, { cause: new ProtocolViolationError(found) }));
    this.#transport?.close(PROTOCOL_BROKEN, 'protocol violation');
  }

  #onClose(close: TransportClose): void {
    this.#closed = close;
    this.#onReady?.(handshakeFailure(close));
    this.#channels.clear();
    for (const onClosed of this.#onClosed.splice(0)) onClosed();
    this.#handlers.onGone();
    this.#requests.lose(close);
    // Behind what is to be sent again: who is told of the loss may ask for something more.
    if (this.#isOpen) this.#handlers.onClose(lost('Cannot go on', close));
  }
}

function outcomeOf(response: Response): Outcome {
  if (response.success) return { ok: true, data: response.data };
  return { ok: false, error: errorFromResponse(response), by: response.replayed === true ? 'replay' : 'answer' };
}

function tooLarge(command: string, bytes: number, maxBytes: number): ProtocolError {
  const message = `Cannot send ${command}: its message is ${count(bytes)} bytes, the daemon reads ${count(maxBytes)}`;
  return new ProtocolError('MESSAGE_TOO_LARGE', message, { details: { bytes, maxBytes } });
}

function handshakeFailure({ code, reason }: TransportClose): DialError {
  const found = `the connection was closed (${code}${reason === '' ? '' : `, ${reason}`})`;
  switch (code) {
    case 1002:
      return new DialError('protocol', found);
    case 1008:
      return new DialError('unauthenticated', found);
    case 1013:
      return new DialError('busy', found);
    default:
      return new DialError('unreachable', found);
  }
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
