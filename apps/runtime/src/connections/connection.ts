import {
  BYTES_COMMAND,
  type Command,
  closeCodes,
  decodeClientMessage,
  type EventMessage,
  failureResponse,
  type Hello,
  isCompatible,
  isProtocolError,
  PROTOCOL_VERSION,
  ProtocolError,
  type ProtocolFault,
  type RecoverySummary,
  type Scope,
  type ServerReadyData,
  scopes,
  serverReady,
  startupRecoverySummary,
} from '@sessiond/protocol';
import { InputMeter } from '../admission/input-meter.ts';
import type { Principal } from '../auth/auth-provider.ts';
import type { Authorizer } from '../auth/authorizer.ts';
import { type CredentialEnd, credentialEnds, onCredentialEnd } from '../auth/credential-end.ts';
import { isAllowed } from '../auth/is-allowed.ts';
import type { Containment, Owner } from '../containment.ts';
import type { CommandAnswer } from '../execution/command-answer.ts';
import type { CommandEventReceiver, CommandEvents } from '../execution/command-events.ts';
import type { CommandFacts } from '../execution/command-facts.ts';
import type { Respond } from '../execution/command-run.ts';
import type { CommandRunner } from '../execution/command-runner.ts';
import { endsWithIssuer } from '../execution/ends-with-issuer.ts';
import type { SessionEvent, SessionHost } from '../sessions/session-host.ts';
import { ReadingGate } from '../transports/reading-gate.ts';
import type { Transport, TransportHandlers } from '../transports/transport.ts';
import { decodeClientFrame } from './client-frame.ts';
import { ConnectionIssuer } from './connection-issuer.ts';
import type { EventHub, EventReceiver } from './event-hub.ts';
import { Outbox } from './outbox.ts';
import type { Traffic } from './traffic.ts';
import { UnansweredCommands } from './unanswered-commands.ts';

/** Of a connection that has sent no command yet. */
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
 * One client: its greeting, its commands, its events; what it is attached to and follows is its {@link ConnectionIssuer}'s. Exactly one answer per
 * command, nothing thrown, whatever the client sends; what it does wrong is answered with a code and harms nobody else.
 *
 * Most connections are idle most of the time: what one needs when something happens is made then.
 */
export class Connection implements TransportHandlers, EventReceiver, CommandEventReceiver {
  readonly #options: ConnectionOptions;
  readonly #transport: Transport;
  readonly #traffic: Traffic;
  readonly #reading: ReadingGate;
  readonly #outbox: Outbox;
  #meter: InputMeter | undefined;
  /** Itself as its commands know it, once it has sent something. */
  #made: ConnectionIssuer | undefined;
  readonly #unanswered = new UnansweredCommands();
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

  mayWatch(facts: CommandFacts): boolean {
    return this.#options.authorizer.mayWatch(this.principal, facts);
  }

  #receiveEvent(event: SessionEvent): void {
    // What comes and goes is told to everybody who may know of it; the rest only to those who asked, and were asked about then.
    const { principal, authorizer } = this.#options;
    if (event.exceptConnectionId === this.connectionId) return;
    if (event.seq === 0 && !authorizer.maySee(principal, event.sessionId, event.owner)) return;
    if (this.#made?.holds(event) !== true) this.#outbox.sendEvent(event);
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
    const running = runner.run(command, this.#issuer, this.#respond);
    if (running !== undefined) this.#unanswered.add(command, running);
  }

  #answered(answer: CommandAnswer, command: Command): void {
    this.#unanswered.delete(command);
    this.#outbox.sendText(answer.text);
    this.#made?.answered(answer, command);
  }

  #frame(bytes: Uint8Array): void {
    if (this.#closed) return;
    const decoded = decodeClientFrame(bytes);
    if (!decoded.ok) {
      this.#fail(decoded.error, { type: BYTES_COMMAND });
      return;
    }
    try {
      const { frame } = decoded;
      this.#traffic.received[frame.kind] += bytes.length;
      this.#issuer.frame(frame);
    } catch (error) {
      if (!isProtocolError(error)) throw error;
      this.#fail(
        { code: error.code, message: error.message, details: { channel: decoded.frame.channel, ...error.details } },
        { type: BYTES_COMMAND },
      );
    }
  }

  #drained(): void {
    this.#made?.transportDrained();
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
    const gone = new ProtocolError('CANCELLED', 'The connection has ended');
    for (const [command, running] of this.#unanswered.all()) {
      if (endsWithIssuer(command)) running.abandon(gone);
    }
  }

  get #issuer(): ConnectionIssuer {
    const { transport, host, traffic, hub, containment, owner, principal, connectionId } = this.#options;
    this.#made ??= new ConnectionIssuer({
      principal,
      connectionId,
      transport,
      host,
      traffic,
      hub,
      outbox: this.#outbox,
      receiver: this,
      guard: containment.guard(owner),
    });
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
