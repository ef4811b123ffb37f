import {
  type AckFrame,
  BYTES_COMMAND,
  type Command,
  closeCodes,
  decodeClientMessage,
  decodeFrame,
  type EventMessage,
  type Frame,
  failureResponse,
  type Hello,
  type InputFrame,
  isCompatible,
  isProtocolError,
  PROTOCOL_VERSION,
  ProtocolError,
  type ProtocolFault,
  type RecoverySummary,
  type ResponseDataOf,
  type Scope,
  type ServerReadyData,
  scopes,
  serverReady,
  startupRecoverySummary,
} from '@sessiond/protocol';
import { InputMeter } from './admission/input-meter.ts';
import type { Principal } from './auth/auth-provider.ts';
import type { Authorizer } from './auth/authorizer.ts';
import { type CredentialEnd, credentialEnds, onCredentialEnd } from './auth/credential-end.ts';
import { isAllowed } from './auth/is-allowed.ts';
import { isWithin } from './auth/is-within.ts';
import { Channels } from './channels.ts';
import type { CommandIssuer } from './commands/command-context.ts';
import type { Containment, Owner } from './containment.ts';
import type { EventHub, EventReceiver } from './event-hub.ts';
import type { CommandAnswer } from './execution/command-answer.ts';
import type { CommandEventReceiver, CommandEvents } from './execution/command-events.ts';
import type { CommandFacts } from './execution/command-facts.ts';
import type { Respond } from './execution/command-run.ts';
import type { CommandRunner } from './execution/command-runner.ts';
import { endsWithIssuer } from './execution/ends-with-issuer.ts';
import { Outbox } from './outbox.ts';
import type { SessionEvent, SessionHost } from './sessions/session-host.ts';
import type { Traffic } from './traffic.ts';
import { ReadingGate } from './transports/reading-gate.ts';
import type { Transport, TransportHandlers } from './transports/transport.ts';
import { UnansweredCommands } from './unanswered-commands.ts';

/** Of a connection that was never attached. */
const NOTHING_SENT = Object.freeze({ unacknowledgedBytes: 0, windowBytes: 0 });

/** What a connection needs of the daemon. */
export interface ConnectionOptions {
  readonly connectionId: string;
  readonly transport: Transport;
  /** Counts what is sent and received. */
  readonly traffic: Traffic;
  readonly principal: Principal;
  readonly authorizer: Authorizer;
  readonly host: SessionHost;
  readonly hub: EventHub;
  readonly runner: CommandRunner;
  readonly commandEvents: CommandEvents;
  /** What is read from the client per second; `null` for as fast as it sends. */
  readonly inputBytesPerSecond: number | null;
  /** The greeting, without what is this connection's own. */
  readonly greeting: Omit<ServerReadyData, 'connectionId' | 'principal' | 'protocolVersion'>;
  /** Where a failure goes of whatever calls the connection from outside. */
  readonly containment: Pick<Containment, 'run' | 'failed' | 'guard'>;
  /** The connection, as what answers for it. */
  readonly owner: Owner;
  /** What follows the greeting when a journal is kept. */
  readonly recovery: RecoverySummary;
  readonly onClosed: () => void;
}

/** One connection as it is now. */
export interface ConnectionSnapshot {
  readonly kind: Transport['kind'];
  /** Bytes that the kernel has not taken. */
  readonly bufferedBytes: number;
  /** Output that was sent and not acknowledged, over all attachments with a window. */
  readonly unacknowledgedBytes: number;
  /** What these windows allow. */
  readonly windowBytes: number;
}

/**
 * One client: its greeting, its commands, its events; its attachments are {@link Channels}. Exactly one answer per command, nothing thrown,
 * whatever the client sends; what it does wrong is answered with a code and harms nobody else.
 *
 * Most connections are idle most of the time: what one needs when something happens is made then.
 */
export class Connection implements TransportHandlers, EventReceiver, CommandEventReceiver, CommandIssuer {
  readonly #options: ConnectionOptions;
  readonly #transport: Transport;
  readonly #traffic: Traffic;
  readonly #reading: ReadingGate;
  readonly #outbox: Outbox;
  #meter: InputMeter | undefined;
  /** Its attachments, once it has had one. */
  #made: Channels | undefined;
  readonly #unanswered = new UnansweredCommands();
  /** Sessions whose events this client asked for, attached or not. */
  #followed: Set<string> | undefined;
  /** No longer asks whether the principal is still known. */
  #stopChecking: () => void = () => {};
  #closed = false;
  readonly #respond: Respond = (answer, command) => {
    try {
      this.#answered(answer, command);
    } catch (error) {
      this.#failed(error);
    }
  };

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#transport = options.transport;
    this.#traffic = options.traffic;
    this.#reading = new ReadingGate(options.transport);
    this.#outbox = new Outbox(options.transport, options.traffic, this.#reading);
  }

  get principal(): Principal {
    return this.#options.principal;
  }

  get connectionId(): string {
    return this.#options.connectionId;
  }

  get closed(): boolean {
    return this.#closed;
  }

  tell(message: object): boolean {
    this.send(message);
    return !this.#outbox.isUnread;
  }

  drained(signal: AbortSignal): Promise<void> {
    return this.#outbox.read(signal);
  }

  /** Greets the client and begins to listen to it. Called once. */
  start(): void {
    const { connectionId, principal, greeting, recovery, hub, commandEvents } = this.#options;
    const allowed = (Object.keys(scopes) as Scope[]).filter((scope) => isAllowed(principal, scope));
    this.send(serverReady({ ...greeting, connectionId, principal: { id: principal.id, scopes: allowed } }));
    if (recovery.journal !== 'off') this.send(startupRecoverySummary(recovery));
    hub.watchSessions(this);
    this.#stopChecking = onCredentialEnd(principal, (reason) => this.#expire(reason));
    commandEvents.tell(this, { own: 'data', others: false });
    this.#transport.start(this);
  }

  onReceived(bytes: number): void {
    const { inputBytesPerSecond } = this.#options;
    if (inputBytesPerSecond === null || this.#closed) return;
    try {
      this.#meter ??= InputMeter.of(this.#reading, inputBytesPerSecond);
      this.#meter.received(bytes);
    } catch (error) {
      this.#failed(error);
    }
  }

  onMessage(text: string, bytes: number): void {
    try {
      this.#message(text, bytes);
    } catch (error) {
      this.#failed(error);
    }
  }

  onFrame(frame: Uint8Array): void {
    try {
      this.#frame(frame);
    } catch (error) {
      this.#failed(error);
    }
  }

  onDrain(): void {
    this.#contain(() => this.#drained());
  }

  onViolation({ code, message }: ProtocolFault): void {
    this.#contain(() => this.#fail({ code, message }));
  }

  onClose(): void {
    this.#contain(() => this.#close());
  }

  receiveEvent(event: SessionEvent): void {
    this.#contain(() => this.#receiveEvent(event));
  }

  receiveCommandEvent(message: EventMessage): void {
    this.#contain(() => this.#outbox.sendIfRead(message));
  }

  /** What waits to be sent, and to be acknowledged. */
  snapshot(): ConnectionSnapshot {
    const { kind, bufferedBytes } = this.#transport;
    return { kind, bufferedBytes, ...(this.#made?.snapshot() ?? NOTHING_SENT) };
  }

  /** Ends the connection from this side. */
  end(closeCode: number, reason: string): void {
    this.#transport.close(closeCode, reason);
  }

  /** Ends the connection after a failure of its own: nothing of it goes on, and the client may come back at once. */
  abort(): void {
    this.#close();
    this.#transport.close(closeCodes.failed, 'a defect of the server ended the connection');
  }

  /** Sends a message that answers no command, such as `server_shutdown`. */
  send(message: object): void {
    this.#outbox.send(message);
  }

  /** Sends a message that is about no command of its own, unless too much of what came before is unread. */
  news(message: object): void {
    this.#outbox.sendIfRead(message);
  }

  mayWatch({ principalId, sessionId }: CommandFacts): boolean {
    const { principal, authorizer } = this.#options;
    if (sessionId === undefined) return principalId === principal.id || principal.within === undefined;
    if (!isWithin(principal, sessionId)) return false;
    return principalId === principal.id || isAllowed(principal, 'admin') || authorizer.maySee(principal, sessionId);
  }

  #receiveEvent(event: SessionEvent): void {
    // What comes and goes is told to everybody who may know of it; the rest only to those who asked, and were asked about then.
    const { principal, authorizer } = this.#options;
    if (event.exceptConnectionId === this.connectionId) return;
    if (event.seq === 0 && !authorizer.maySee(principal, event.sessionId, event.owner)) return;
    // The hub lets go of the id as well: a new session of it, also one that takes an old one up again, has to be asked for again.
    const { type } = event.event;
    if (type === 'session_deleted' || type === 'session_created') this.#followed?.delete(event.sessionId);
    if (this.#made?.holds(event) !== true) this.#outbox.sendEvent(event);
  }

  attach(command: Command<'attach'>, signal: AbortSignal): Promise<ResponseDataOf<'attach'>> {
    return this.#channels.attach(command, signal);
  }

  detach(sessionId: string): ResponseDataOf<'detach'> {
    return this.#channels.detach(sessionId);
  }

  follow(sessionId: string): () => void {
    if (this.#closed || this.#followed?.has(sessionId)) return () => {};
    this.#followed ??= new Set();
    this.#followed.add(sessionId);
    const isNew = this.#options.hub.subscribe(sessionId, this);
    return () => {
      if (isNew) this.unfollow(sessionId);
      else this.#followed?.delete(sessionId);
    };
  }

  followLog(sessionId: string, after: number | undefined, signal: AbortSignal): Promise<number> {
    return this.#channels.follow(sessionId, after, signal);
  }

  readsLog(sessionId: string): boolean {
    return this.#made?.reads(sessionId) ?? false;
  }

  unfollow(sessionId: string): void {
    this.#followed?.delete(sessionId);
    this.#made?.unfollow(sessionId);
    this.#options.hub.unsubscribe(sessionId, this);
  }

  assertMayDrive(sessionId: string): void {
    this.#made?.assertMayDrive(sessionId);
  }

  #message(text: string, bytes: number): void {
    if (this.#closed) return;
    this.#traffic.received.message += bytes;
    const decoded = decodeClientMessage(text);
    if (!decoded.ok) {
      this.#options.runner.refused(decoded.command, decoded.error.code);
      this.#fail(decoded.error, { id: decoded.id, type: decoded.command });
    } else if (decoded.message.type === 'hello') {
      this.#hello(decoded.message);
    } else {
      this.#command(decoded.message);
    }
  }

  #hello({ protocolVersion, commandEvents = 'data', watchCommands = false }: Hello): void {
    if (isCompatible(protocolVersion)) {
      if (watchCommands && !isAllowed(this.principal, 'commands:watch')) {
        const message = 'Cannot watch the commands of others: it needs the scope commands:watch';
        this.#fail({ code: 'FORBIDDEN', message, details: { scope: 'commands:watch' } }, { type: 'hello' });
      } else this.#options.commandEvents.tell(this, { own: commandEvents, others: watchCommands });
      return;
    }
    const message = `Cannot speak protocol ${protocolVersion}: this server speaks ${PROTOCOL_VERSION}`;
    this.#fail({ code: 'PROTOCOL_VERSION_UNSUPPORTED', message }, { type: 'hello' });
    this.end(closeCodes.unsupportedVersion, 'protocol version');
  }

  #command(command: Command): void {
    const { runner } = this.#options;
    const fault = this.#unanswered.refusal(command, this.#outbox.isBackedUp);
    if (fault !== undefined) {
      runner.refused(command.type, fault.code);
      this.#fail(fault, command);
      return;
    }
    const running = runner.run(command, this, this.#respond);
    if (running !== undefined) this.#unanswered.add(command, running);
  }

  #answered({ code, text, data }: CommandAnswer, command: Command): void {
    this.#unanswered.delete(command);
    this.#outbox.sendText(text);
    if (command.type === 'switch_session') this.#made?.startFollowing(command.sessionId, code === 'OK');
    if (command.type !== 'attach') return;
    if (code !== 'OK') this.#made?.dropUnstarted(command);
    else if (data !== undefined) this.#made?.start((data as ResponseDataOf<'attach'>).channel);
  }

  #frame(bytes: Uint8Array): void {
    if (this.#closed) return;
    const decoded = decodeFrame(bytes);
    if (!decoded.ok) {
      this.#fail(decoded.error, { type: BYTES_COMMAND });
      return;
    }
    try {
      const frame = clientFrame(decoded.frame);
      this.#traffic.received[frame.kind] += bytes.length;
      this.#channels.frame(frame);
    } catch (error) {
      if (!isProtocolError(error)) throw error;
      this.#fail(
        { code: error.code, message: error.message, details: { channel: decoded.frame.channel, ...error.details } },
        { type: BYTES_COMMAND },
      );
    }
  }

  #drained(): void {
    this.#made?.drained();
    this.#outbox.drained();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.onClosed();
    this.#outbox.close();
    this.#meter?.close();
    this.#options.hub.unwatchSessions(this);
    this.#stopChecking();
    this.#options.commandEvents.forget(this);
    this.#made?.close();
    for (const sessionId of [...(this.#followed ?? [])]) this.unfollow(sessionId);
    const gone = new ProtocolError('CANCELLED', 'The connection has ended');
    for (const [command, running] of this.#unanswered.all()) {
      if (endsWithIssuer(command)) running.abandon(gone);
    }
  }

  get #channels(): Channels {
    if (this.#made !== undefined) return this.#made;
    const { transport, host, traffic, hub, containment, owner } = this.#options;
    this.#made = new Channels({
      transport,
      host,
      traffic,
      guard: containment.guard(owner),
      onAttached: (sessionId) => hub.subscribe(sessionId, this),
      onDetached: (sessionId) => {
        if (!this.#followed?.has(sessionId)) hub.unsubscribe(sessionId, this);
      },
      onDue: (event) => this.#outbox.sendEvent(event),
      sendText: (text) => this.#outbox.sendText(text),
    });
    if (this.#closed) this.#made.close();
    return this.#made;
  }

  /** Does what somebody outside has called for; what comes with every message or keystroke does without the closure. */
  #contain(work: () => void): void {
    this.#options.containment.run(this.#options.owner, work);
  }

  #failed(error: unknown): void {
    this.#options.containment.failed(this.#options.owner, error);
  }

  /** Whoever is no longer known is told so, and may come again with something valid. */
  #expire(reason: CredentialEnd): void {
    const fault: ProtocolFault = { code: 'UNAUTHENTICATED', message: credentialEnds[reason] };
    this.#fail(fault);
    // Nothing more of it is taken, whether or not it answers the closing handshake.
    this.#close();
    this.end(closeCodes.notAllowed, `${fault.code}: ${fault.message}`);
  }

  #fail(fault: ProtocolFault, to: { readonly id?: string | undefined; readonly type?: string | undefined } = {}): void {
    this.send(failureResponse(to, fault));
  }
}

/** The frame, if it is of a kind that clients send. @throws ProtocolError for any other. */
function clientFrame(frame: Frame): InputFrame | AckFrame {
  if (frame.kind === 'input' || frame.kind === 'ack') return frame;
  throw new ProtocolError('INVALID_MESSAGE', `Cannot take the frame: clients send input and ack, not ${frame.kind}`);
}
