import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { closeCodes, isProtocolError } from '@sessiond/protocol';
import { type WebSocket, WebSocketServer as WsServer } from 'ws';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Principal } from '../auth/auth-provider.ts';
import type { Authorizer } from '../auth/authorizer.ts';
import { credentialEnds, onCredentialEnd } from '../auth/credential-end.ts';
import type { Door, Identified } from '../auth/door.ts';
import { SUBPROTOCOL } from '../auth/subprotocol.ts';
import type { Traffic } from '../connections/traffic.ts';
import type { Containment } from '../containment.ts';
import { type Refusal, refuseUpgrade, requestUrl } from '../http/refusal.ts';
import { type RequestOriginOptions, refuseRequestOrigin } from '../http/request-origin.ts';
import type { Logger } from '../logger.ts';
import type { ConnectionPlaces } from './connection-places.ts';
import type { ConnectionRefusal } from './connection-refusal.ts';
import { FramePool } from './frame-pool.ts';
import type { HeartbeatWheel } from './heartbeat-wheel.ts';
import { parseRawTerminalRequest, RawTerminal, type RawTerminalRequest, type TerminalHost } from './raw-terminal.ts';
import type { Transport } from './transport.ts';
import { CLOSE_MS } from './websocket-output.ts';
import { WebSocketPulse } from './websocket-pulse.ts';
import { WebSocketTransport } from './websocket-transport.ts';

/** Paths where the protocol is spoken. */
const PROTOCOL_PATHS: ReadonlySet<string> = new Set(['/', '/v1/ws']);

const TERMINAL_PATH = /^\/v1\/sessions\/([^/]+)\/terminal$/;

/** A message this many times the limit is not worth reading to its end: the connection ends with 1009. */
const TRANSPORT_CAP = 2;

/** What the WebSocket server needs to know and whom it hands connections to. */
export interface WebSocketServerOptions {
  /** As many may be admitted at a time. */
  readonly maxConnections: number;
  /** Where every connection takes a place. */
  readonly places: ConnectionPlaces;
  readonly maxMessageBytes: number;
  /** What is read from one raw terminal per second; `null` for as fast as it sends. */
  readonly inputBytesPerSecond: number | null;
  readonly heartbeat: HeartbeatWheel;
  readonly terminals: TerminalHost;
  /** Decides who may open a raw terminal. */
  readonly authorizer: Pick<Authorizer, 'fault'>;
  readonly logger: Logger;
  readonly containment: Containment;
  /** Counts what raw terminals carry. */
  readonly traffic: Traffic;
  /** Somebody was not let in for the page or name they came by. */
  readonly onRefused: (reason: 'origin') => void;
  /** Somebody who may connect was sent away. */
  readonly onTurnedAway: (reason: ConnectionRefusal) => void;
  /** A client gave no sign of life in time, and its connection was ended. */
  readonly onLost: () => void;
  /** Where it is written down who opens raw terminals. */
  readonly audit?: Pick<AuditLog, 'record'> | undefined;
  readonly onConnection: (transport: Transport, principal: Principal, remoteAddress: string | null) => void;
}

/** What differs between the listeners that upgrades come from. */
export interface Entrance {
  readonly kind: 'websocket' | 'unix';
  /** Who comes in here. */
  readonly door: Pick<Door, 'identify'>;
  readonly requestOrigin: RequestOriginOptions;
}

/**
 * Turns upgrade requests of any listener into connections: checks where they come from, who they are and whether there is room, in that order.
 *
 * A refusal is an HTTP answer with a code, except that a full server accepts and closes with 1013, which is all a browser can see. Holds at most
 * `maxConnections` WebSockets and as many that are being admitted.
 */
export class WebSocketServer {
  readonly #options: WebSocketServerOptions;
  readonly #ws: WsServer;
  readonly #frames = new FramePool();
  readonly #open = new Set<WebSocket>();
  #admitting = 0;
  #rawTerminals = 0;
  #draining = false;

  constructor(options: WebSocketServerOptions) {
    this.#options = options;
    this.#ws = new WsServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: TRANSPORT_CAP * options.maxMessageBytes,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
      // Known to `ws`, not yet to its types.
      ...{ closeTimeout: CLOSE_MS },
    });
    this.#ws.on('wsClientError', (error, socket) => {
      refuseUpgrade(socket, { code: 'INVALID_MESSAGE', message: `Cannot open WebSocket: ${error.message}` });
    });
  }

  /** Open WebSockets, raw terminals among them, requests being admitted, and whether new ones are refused. */
  snapshot(): { open: number; rawTerminals: number; admitting: number; draining: boolean } {
    const rawTerminals = this.#rawTerminals;
    return { open: this.#open.size, rawTerminals, admitting: this.#admitting, draining: this.#draining };
  }

  /** Takes one upgrade request. Never rejects: what fails ends that socket only. */
  async upgrade(request: IncomingMessage, socket: Socket, head: Buffer, entrance: Entrance): Promise<void> {
    // Until `ws` takes over, an error of the socket would be an uncaught one.
    socket.on('error', () => {});
    this.#admitting += 1;
    try {
      const refusal = await this.#admit(request, socket, head, entrance);
      if (refusal !== null) refuseUpgrade(socket, refusal);
    } catch (error) {
      const end = (): void =>
        refuseUpgrade(socket, { code: 'INTERNAL', message: 'The connection could not be opened' });
      this.#options.containment.failed({ kind: 'connection', facts: {}, end }, error);
    } finally {
      this.#admitting -= 1;
    }
  }

  /** Refuses new connections from now on. */
  drain(): void {
    this.#draining = true;
  }

  /** Closes every WebSocket; those that do not answer are cut off after `deadlineMs`. Resolves when none is left. */
  async closeAll(code: number, reason: string, deadlineMs: number): Promise<void> {
    this.drain();
    const closed = [...this.#open].map((ws) => new Promise<void>((resolve) => ws.once('close', () => resolve())));
    for (const ws of this.#open) {
      ws.resume();
      ws.close(code, reason);
    }
    const deadline = setTimeout(() => {
      for (const ws of this.#open) ws.terminate();
    }, deadlineMs);
    await Promise.all(closed);
    clearTimeout(deadline);
  }

  async #admit(request: IncomingMessage, socket: Socket, head: Buffer, entrance: Entrance): Promise<Refusal | null> {
    const { maxConnections, places, terminals, authorizer, containment, onRefused, onTurnedAway } = this.#options;
    const stranger = refuseRequestOrigin(request, entrance.requestOrigin);
    if (stranger !== null) {
      onRefused('origin');
      return { code: 'FORBIDDEN', message: stranger };
    }
    const url = requestUrl(request);
    const sessionId = TERMINAL_PATH.exec(url?.pathname ?? '')?.[1];
    if (sessionId === undefined && !PROTOCOL_PATHS.has(url?.pathname ?? '')) {
      return { code: 'UNKNOWN_COMMAND', status: 404, message: 'There is nothing at this path' };
    }
    if (this.#admitting > maxConnections)
      return { code: 'CAPACITY_EXCEEDED', message: 'Too many connections at once; try later' };
    const result = await entrance.door.identify(request);
    if (!result.ok) return result.refusal;
    if (this.#draining) {
      onTurnedAway('draining');
      return { code: 'SHUTTING_DOWN', message: 'The server is shutting down' };
    }
    // Without a socket there is nobody to have a place, and nothing that would give it back.
    if (socket.destroyed) return null;
    const place = places.take(result.principal.id);
    if (place.ok) socket.once('close', place.leave);
    else {
      onTurnedAway(place.reason);
      this.#ws.handleUpgrade(request, socket, head, (ws) => {
        ws.on('error', () => {});
        ws.close(closeCodes.tryLater, 'too many connections; try later');
      });
      return null;
    }
    let terminal: RawTerminal | null = null;
    if (sessionId !== undefined) {
      let asked: RawTerminalRequest;
      try {
        asked = parseRawTerminalRequest(sessionId, url!.searchParams);
        const fault = authorizer.fault(result.principal, { type: 'attach', sessionId, role: asked.role });
        if (fault !== undefined) return { code: fault.code, message: fault.message };
        terminal = await RawTerminal.open(terminals, asked, result.principal.id, containment);
      } catch (error) {
        if (!isProtocolError(error)) throw error;
        return { code: error.code, message: error.message };
      }
      const { principal, remoteAddress } = result;
      this.#options.audit?.record({
        event: 'terminal.opened',
        principalId: principal.id,
        remoteAddress,
        sessionId,
        role: asked.role,
      });
      // An upgrade that fails below ends the socket and nothing else.
      const opened = terminal;
      socket.once('close', () => opened.close());
    }
    this.#ws.handleUpgrade(request, socket, head, (ws) => {
      const end = (): void => {
        // A transport that nobody started does not read, and would not see the client's half of the closing handshake.
        ws.resume();
        ws.close(closeCodes.failed, 'a defect of the server ended the connection');
      };
      containment.run({ kind: 'connection', facts: {}, end }, () => {
        this.#keep(ws, socket);
        if (terminal !== null) this.#startTerminal(terminal, ws, socket, result.principal);
        else this.#connect(ws, socket, entrance.kind, result);
      });
    });
    return null;
  }

  #startTerminal(terminal: RawTerminal, ws: WebSocket, socket: Socket, principal: Principal): void {
    this.#rawTerminals += 1;
    const stopChecking = onCredentialEnd(principal, (reason) => {
      terminal.close();
      // A paused socket would not see the client's half of the closing handshake.
      ws.resume();
      ws.close(closeCodes.notAllowed, `UNAUTHENTICATED: ${credentialEnds[reason]}`);
    });
    ws.once('close', () => {
      this.#rawTerminals -= 1;
      stopChecking();
    });
    const { traffic, inputBytesPerSecond } = this.#options;
    terminal.start(ws, socket, { frames: this.#frames, traffic, inputBytesPerSecond });
  }

  #connect(ws: WebSocket, socket: Socket, kind: Entrance['kind'], { principal, remoteAddress }: Identified): void {
    const { maxMessageBytes, onConnection } = this.#options;
    const transport = new WebSocketTransport(ws, socket, { kind, maxMessageBytes, frames: this.#frames });
    onConnection(transport, principal, remoteAddress);
  }

  #keep(ws: WebSocket, socket: Socket): void {
    this.#open.add(ws);
    const leave = this.#options.heartbeat.add(new WebSocketPulse(ws, socket, this.#options));
    // A violation of RFC 6455; `ws` has closed with the fitting code already.
    ws.on('error', (error) => this.#options.logger.debug({ err: error }, 'a client broke the WebSocket protocol'));
    ws.on('close', () => {
      this.#open.delete(ws);
      leave();
    });
  }
}
