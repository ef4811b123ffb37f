import {
  type CommandType,
  type EventMessage,
  isProtocolError,
  type ProtocolError,
  type ResponseDataOf,
  type ServerReadyData,
} from '@sessiond/protocol/client';
import type { AgentFeed, FollowOptions } from './agent-feed.ts';
import type { Attachment, AttachmentInfo, AttachOptions } from './attachment.ts';
import type { ClientOptions, RequestArguments } from './client-options.ts';
import type { ClientSnapshot, ClientState } from './client-state.ts';
import type { Connection } from './connection.ts';
import { AttachmentStateError, ConnectionLostError } from './errors.ts';
import { Link } from './link.ts';
import { Listeners } from './listeners.ts';
import { LiveAgentFeed } from './live-agent-feed.ts';
import { type AttachRequest, LiveAttachment } from './live-attachment.ts';
import { resolveReconnect } from './reconnect.ts';
import { Requests } from './requests.ts';
import { type Resumable, Resumption } from './resumption.ts';
import { stopwatch } from './stopwatch.ts';
import type { Dialer } from './transport.ts';

const DEFAULTS = Object.freeze({
  clientName: '@sessiond/client',
  connectTimeoutMs: 10_000,
  /** Longer than the daemon gives the slowest ordinary command, so that the daemon's own answer wins. */
  requestTimeoutMs: 40_000,
  /** Nobody should have to wait for leaving. */
  detachTimeoutMs: 5_000,
  maxPendingRequests: 1_000,
  windowBytes: 512 * 1024,
  maxWaitingChars: 1024 * 1024,
});
/** Commands whose time only the daemon knows: those that end a program take its grace period, the others have a limit in its configuration. */
const DAEMON_TIMED: ReadonlySet<CommandType> = new Set<CommandType>([
  'terminate',
  'delete_session',
  'bash',
  'prompt',
  'compact',
  'navigate_tree',
]);
const MAX_WINDOW = 64 * 1024 * 1024;

/**
 * A typed connection to one daemon that comes back by itself.
 *
 * Requests under way when the connection is lost are sent again, and those made while it is away wait for it, within their own deadlines; nothing is
 * done twice. Attachments resume where they were.
 */
export class Client {
  readonly #requestTimeoutMs: number;
  readonly #events = new Listeners<EventMessage>();
  readonly #faults = new Listeners<ProtocolError>();
  readonly #states = new Listeners<ClientState>();
  readonly #feeds = new Set<LiveAgentFeed>();
  #link!: Link;
  #requests!: Requests;

  private constructor(options: ClientOptions) {
    this.#requestTimeoutMs = positive('requestTimeoutMs', options.requestTimeoutMs ?? DEFAULTS.requestTimeoutMs);
  }

  /**
   * Connects through a dialer; `connect` of the entry points for Node and browsers brings its own.
   *
   * The first connection is tried once, without backoff.
   *
   * @throws ConnectError, or the reason of an aborted signal. RangeError for a bad option.
   */
  static async open(dialer: Dialer, options: ClientOptions = {}): Promise<Client> {
    const client = new Client(options);
    const maxPending = positive('maxPendingRequests', options.maxPendingRequests ?? DEFAULTS.maxPendingRequests);
    const now = options.now ?? (() => performance.now());
    client.#link = await Link.open(
      dialer,
      {
        clientName: options.clientName ?? DEFAULTS.clientName,
        connectTimeoutMs: positive('connectTimeoutMs', options.connectTimeoutMs ?? DEFAULTS.connectTimeoutMs),
        reconnect: resolveReconnect(options.reconnect),
        now,
        random: options.random ?? Math.random,
      },
      {
        onEvent: (event, chars) => client.#onEvent(event, chars),
        onFault: (fault) => client.#faults.tell(fault),
        onUp: (connection) => client.#attached.onUp(connection),
        onDown: (cause) => client.#attached.onDown(cause),
        onState: (state) => client.#onState(state),
      },
      options.signal,
    );
    const wallClock = options.wallClock ?? Date.now;
    client.#requests = new Requests(client.#link, maxPending, () => stopwatch(now, wallClock));
    return client;
  }

  /** The daemon's greeting on the current or last connection. */
  get server(): ServerReadyData {
    return this.#link.server;
  }

  /** Whether the daemon can be talked to now. */
  get state(): ClientState {
    return this.#link.state;
  }

  /** Where the daemon is; holds no token. */
  get address(): string {
    return this.#link.address;
  }

  /**
   * Sends a command and resolves with the data of its response.
   *
   * Lost with its connection, it is sent again on the next one: with its id, so that the daemon answers with what came of it, or does now what never
   * reached it; what only reads is read anew. A daemon that may have forgotten it (it was restarted, or has answered very much since) is only
   * asked for the outcome.
   *
   * Rejects with the daemon's `ProtocolError` when it refused or failed (`INTERRUPTED_BY_RESTART`: the daemon ended while it ran), `CONNECTION_LOST` when it
   * was sent and nobody knows its outcome, or no connection comes, `REQUEST_TIMEOUT`, `CLIENT_CLOSED`, `CLIENT_LIMIT` or `MESSAGE_TOO_LARGE` (not sent), or the
   * signal's reason.
   */
  async request<T extends CommandType>(type: T, ...[fields, options]: RequestArguments<T>): Promise<ResponseDataOf<T>> {
    this.#requests.requireRoom(type);
    const own: { readonly timeoutMs?: number | undefined; readonly gracePeriodMs?: number } = fields ?? {};
    const ownMs = own.timeoutMs ?? own.gracePeriodMs;
    const data = await this.#requests.send(type, fields ?? {}, {
      signal: options?.signal,
      timeoutMs: options?.timeoutMs ?? (ownMs ?? 0) + this.#requestTimeoutMs,
      untilAnswered: options?.timeoutMs === undefined && ownMs === undefined && DAEMON_TIMED.has(type),
      sendAgain: options?.sendAgain ?? true,
    });
    return data as ResponseDataOf<T>;
  }

  /**
   * Attaches to a session and reads its output from an offset on; see {@link Attachment}.
   *
   * One attachment per session and client: the daemon refuses a second one. Rejects like {@link Client.request}.
   *
   * @throws RangeError when `windowBytes` is out of range.
   */
  async attach(sessionId: string, options: AttachOptions = {}): Promise<Attachment> {
    const windowBytes = windowSize('attach', 'windowBytes', options.windowBytes ?? DEFAULTS.windowBytes);
    const { signal, onChunk, role = 'driver', from = 'start', streamId } = options;
    const request: AttachRequest = { sessionId, windowBytes, role, onChunk, signal };
    const fields = { sessionId, from, window: windowBytes, role, ...(streamId === undefined ? {} : { streamId }) };
    return this.#attach(fields, signal, (connection, info) => {
      if (info.cols === undefined) return 'Cannot attach: the session is an agent, whose events can be followed';
      return new LiveAttachment(request, this.#owner, connection, info);
    });
  }

  /**
   * Follows the events of an agent session from a number on; see {@link AgentFeed}.
   *
   * One feed per session and client. Rejects like {@link Client.request}, and with `ATTACHMENT_STATE` for a terminal.
   *
   * @throws RangeError when `maxWaitingChars` is out of range.
   */
  async follow(sessionId: string, options: FollowOptions = {}): Promise<AgentFeed> {
    const chosen = options.maxWaitingChars ?? DEFAULTS.maxWaitingChars;
    const maxWaitingChars = windowSize('follow', 'maxWaitingChars', chosen);
    const { signal, role = 'driver', from = 'start', streamId } = options;
    const fields = { sessionId, from, window: 0, role, ...(streamId === undefined ? {} : { streamId }) };
    return this.#attach(fields, signal, (_connection, info) => {
      if (info.cols !== undefined) return 'Cannot follow: the session is a terminal, which can be attached to';
      const feed = new LiveAgentFeed({ sessionId, role, maxWaitingChars, signal }, this.#owner, info);
      this.#feeds.add(feed);
      return feed;
    });
  }

  /** Hears every event the daemon sends to this client. Returns the end of the subscription. */
  onEvent(listener: (event: EventMessage) => void): () => void {
    return this.#events.add(listener);
  }

  /**
   * Stops reading what the daemon sends, answers included, so that it waits there and not in this process, until {@link Client.resume}: for who cannot
   * keep up with events that are sent without loss, such as the output of `bash`. Of the connection there is now; the next one is read. Without effect
   * in browsers, which offer no way.
   */
  pause(): void {
    this.#link.connection?.pause();
  }

  /** Reads on. Idempotent. */
  resume(): void {
    this.#link.connection?.resume();
  }

  /** Hears refusals of what nobody awaits, such as input that the terminal could not take. */
  onFault(listener: (fault: ProtocolError) => void): () => void {
    return this.#faults.add(listener);
  }

  /** Hears every change of {@link Client.state}. */
  onStateChange(listener: (state: ClientState) => void): () => void {
    return this.#states.add(listener);
  }

  /**
   * Ends the connection; sessions go on. Requests and attachments reject with `CLIENT_CLOSED`.
   * Resolves when the transport is gone, in bounded time. Idempotent, never throws.
   */
  close(): Promise<void> {
    return this.#link.close();
  }

  snapshot(): ClientSnapshot {
    return {
      status: this.#link.state.status,
      address: this.#link.address,
      connectionId: this.#link.server.connectionId,
      pendingRequests: this.#link.connection?.pendingRequests ?? 0,
      parkedRequests: this.#requests.size - (this.#link.connection?.pendingRequests ?? 0),
      attachments: this.#attached.size,
      reconnects: this.#link.reconnects,
      bufferedBytes: this.#link.connection?.bufferedBytes ?? 0,
      listenerErrors: this.#events.errors + this.#faults.errors + this.#states.errors,
    };
  }

  readonly #owner = {
    onOver: (one: LiveAttachment | LiveAgentFeed): void => {
      this.#attached.delete(one);
      if (one instanceof LiveAgentFeed) this.#feeds.delete(one);
    },
    detach: async (sessionId: string): Promise<void> => {
      const { connection } = this.#link;
      for (let leftMs = DEFAULTS.detachTimeoutMs; connection !== undefined && leftMs > 0; ) {
        // Over a new connection it would be about another attachment.
        if (this.#link.connection !== connection) return;
        try {
          await this.#requests.send('detach', { sessionId }, { timeoutMs: leftMs, sendAgain: false });
          return;
        } catch (error) {
          const retryAfterMs = isProtocolError(error) ? error.retryAfterMs : undefined;
          // Refused for good or lost: either way the daemon has no such attachment any more.
          if (retryAfterMs === undefined) return;
          const delayMs = Math.max(retryAfterMs, 1);
          leftMs -= delayMs;
          if (leftMs <= 0 || !(await this.#link.pause(delayMs))) return;
        }
      }
    },
    resume: (one: Resumable): void => this.#attached.resume(one),
  };

  readonly #attached: Resumption = new Resumption(this.#resumptionLink());

  #resumptionLink(): ConstructorParameters<typeof Resumption>[0] {
    const client = this;
    return {
      get connection() {
        return client.#link.connection;
      },
      attach: (fields, onData) => {
        const { closing: signal } = this.#link;
        return this.#requests.send('attach', fields, {
          signal,
          timeoutMs: this.#requestTimeoutMs,
          sendAgain: false,
          onData,
        });
      },
      detach: (sessionId) => this.#owner.detach(sessionId),
      undoAttach: (sessionId, error) => this.#undoAttach(sessionId, error),
      pause: (delayMs) => this.#link.pause(delayMs),
    };
  }

  /** Attaches and has `hold` make of it what holds it, before anything else arrives; or refuses it with a sentence. */
  async #attach<T extends LiveAttachment | LiveAgentFeed>(
    fields: { readonly sessionId: string },
    signal: AbortSignal | undefined,
    hold: (connection: Connection, info: AttachmentInfo) => T | string,
  ): Promise<T> {
    const { sessionId } = fields;
    this.#requests.requireRoom('attach');
    let held: T | string | undefined;
    const onData = (connection: Connection, data: unknown): void => {
      held = hold(connection, data as AttachmentInfo);
      if (typeof held === 'string') void this.#owner.detach(sessionId);
      else this.#attached.add(held);
    };
    try {
      const timeoutMs = this.#requestTimeoutMs;
      await this.#requests.send('attach', fields, { signal, timeoutMs, sendAgain: true, onData });
    } catch (error) {
      this.#undoAttach(sessionId, error);
      throw error;
    }
    if (typeof held === 'string') throw new AttachmentStateError(held);
    return held!;
  }

  /** Gives up what an attach that nobody waits for any more may still become on the daemon. */
  #undoAttach(sessionId: string, error: unknown): void {
    const isAnswered = isProtocolError(error) || error instanceof ConnectionLostError;
    if (!isAnswered && !this.#attached.has(sessionId)) void this.#owner.detach(sessionId);
  }

  #onEvent(event: EventMessage, chars: number): void {
    for (const feed of this.#feeds) feed.receive(event, chars);
    this.#events.tell(event);
  }

  #onState(state: ClientState): void {
    if (state.status === 'closed') this.#attached.failAll(this.#link.closing.reason);
    this.#states.tell(state);
  }
}

function windowSize(act: string, option: string, value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= MAX_WINDOW) return value;
  throw new RangeError(`Cannot ${act}: ${option} is ${value}, allowed is 1 to ${MAX_WINDOW}`);
}

function positive(option: string, value: number): number {
  if (value > 0) return value;
  throw new RangeError(`Cannot open client: ${option} is ${value}, allowed is more than 0`);
}
