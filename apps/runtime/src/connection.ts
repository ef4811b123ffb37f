import {
  BYTES_COMMAND,
  type Command,
  type CommandType,
  closeCodes,
  decodeClientMessage,
  decodeFrame,
  type Frame,
  failureResponse,
  isCompatible,
  isProtocolError,
  PROTOCOL_VERSION,
  ProtocolError,
  type ProtocolFault,
  type ResponseDataOf,
  requiredScope,
  type Scope,
  type ServerEvent,
  type ServerReadyData,
  scopes,
  serverEvent,
  serverReady,
  sessionEvent,
  successResponse,
} from '@sessiond/protocol';
import type { Principal } from './auth/auth-provider.ts';
import type { CommandIssuer } from './commands/command-context.ts';
import type { EventHub, EventReceiver } from './event-hub.ts';
import type { CommandRunner, RunningCommand } from './execution/command-runner.ts';
import type { SessionEvent, SessionHost } from './sessions/session-host.ts';
import { Subscription } from './subscription.ts';
import type { Transport } from './transports/transport.ts';

/** Commands of one connection that may be queued or running at a time. */
export const MAX_PENDING_COMMANDS = 100;
/** Attachments of one connection at a time. */
const MAX_CHANNELS = 256;
/** Large answers, such as a megabyte of output, that may be on their way at a time. */
const MAX_PENDING_READS = 4;
/** Above this much unsent data no command is taken: who sends and does not read is stopped, not stored. */
const ANSWER_BUFFER_BYTES = 4 * 1024 * 1024;
/** Above this much unsent data events are left out; the hole in their numbers tells the client. */
const EVENT_BUFFER_BYTES = 1024 * 1024;
/** Above this much unsent data the client is taken for dead; only final events, for hours, can pile up so far. */
const MAX_UNREAD_BYTES = 32 * 1024 * 1024;
/** Events that say something for good and therefore are not left out; a session has a handful of them. */
const FINAL_EVENTS: ReadonlySet<string> = new Set(['pty.exited', 'pty.stopped', 'session_deleted']);

/** What a connection needs of the daemon. */
export interface ConnectionOptions {
  readonly connectionId: string;
  readonly transport: Transport;
  readonly principal: Principal;
  readonly host: SessionHost;
  readonly hub: EventHub;
  readonly runner: CommandRunner;
  /** The greeting, without what is this connection's own. */
  readonly greeting: Omit<ServerReadyData, 'connectionId' | 'principal' | 'protocolVersion'>;
  readonly onClosed: () => void;
}

/** What is answered when an answer cannot be made, such as one that is too large for a string. */
const UNANSWERABLE: ProtocolFault = Object.freeze({
  code: 'INTERNAL',
  message: 'The command was carried out, but its answer cannot be sent',
});

interface ChannelEntry {
  readonly subscription: Subscription;
  readonly sessionId: string;
  readonly role: 'driver' | 'observer';
  /** The session was deleted; the channel only delivers what is left of its output. */
  isOrphaned: boolean;
}

/**
 * One client: its greeting, its commands, its attachments, its events. Exactly one answer per command, nothing thrown,
 * whatever the client sends; what it does wrong is answered with a code and harms nobody else.
 */
export class Connection implements EventReceiver, CommandIssuer {
  readonly #options: ConnectionOptions;
  readonly #transport: Transport;
  readonly #channels = new Map<number, ChannelEntry>();
  readonly #pending = new Map<Command, RunningCommand>();
  readonly #attaching = new Set<string>();
  /** Sessions whose events this client asked for, attached or not. */
  readonly #followed = new Set<string>();
  /** Events that wait for the end of an output that this client has not been sent yet. */
  readonly #heldEvents = new Map<string, SessionEvent[]>();
  #stopWatching: () => void = () => {};
  #nextChannel = 1;
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#transport = options.transport;
  }

  get principalId(): string {
    return this.#options.principal.id;
  }

  /** Greets the client and begins to listen to it. Called once. */
  start(): void {
    const { connectionId, principal, greeting, hub } = this.#options;
    const allowed = (Object.keys(scopes) as Scope[]).filter((scope) => isAllowed(principal, scope));
    this.send(serverReady({ ...greeting, connectionId, principal: { id: principal.id, scopes: allowed } }));
    this.#stopWatching = hub.watchSessions(this);
    this.#transport.start({
      onMessage: (text) => this.#message(text),
      onFrame: (frame) => this.#frame(frame),
      onDrain: () => this.#drained(),
      onViolation: ({ code, message }) => this.#fail({ code, message }),
      onClose: () => this.#close(),
    });
  }

  /** Ends the connection from this side. */
  end(closeCode: number, reason: string): void {
    this.#transport.close(closeCode, reason);
  }

  /** Sends a message that answers no command, such as `server_shutdown`. */
  send(message: object): void {
    if (this.#closed) return;
    this.#transport.sendMessage(JSON.stringify(message));
    if (this.#isBackedUp()) this.#transport.pauseReading();
  }

  receiveEvent(event: SessionEvent): void {
    const { type } = event.event;
    if ((type === 'pty.stopped' || type === 'session_deleted') && this.#awaitsEnd(event.sessionId)) {
      this.#heldEvents.set(event.sessionId, [...(this.#heldEvents.get(event.sessionId) ?? []), event]);
      if (type === 'session_deleted') this.#channelOf(event.sessionId)!.isOrphaned = true;
      return;
    }
    if (type === 'session_deleted') this.#forget(event.sessionId);
    if (this.#transport.bufferedBytes > MAX_UNREAD_BYTES) {
      this.end(closeCodes.tryLater, 'events were not read');
      return;
    }
    if (this.#transport.bufferedBytes > EVENT_BUFFER_BYTES && !FINAL_EVENTS.has(type)) return;
    this.send(event.seq > 0 ? sessionEvent(event, event.event) : serverEvent(event, event.event as ServerEvent));
  }

  async attach(command: Command<'attach'>, signal: AbortSignal): Promise<ResponseDataOf<'attach'>> {
    if (this.#channels.size >= MAX_CHANNELS) {
      throw new ProtocolError(
        'CAPACITY_EXCEEDED',
        `Cannot attach: this connection has ${MAX_CHANNELS} attachments, the most allowed`,
      );
    }
    const { sessionId } = command;
    const channel = this.#channelOf(sessionId)?.subscription.channel;
    if (channel !== undefined || this.#attaching.has(sessionId)) {
      throw new ProtocolError(
        'INVALID_STATE',
        'Cannot attach: this connection is attached to the session; detach first',
        {
          details: channel === undefined ? undefined : { channel },
        },
      );
    }
    this.#attaching.add(sessionId);
    try {
      return await this.#attach(command, signal);
    } finally {
      this.#attaching.delete(sessionId);
    }
  }

  async #attach(command: Command<'attach'>, signal: AbortSignal): Promise<ResponseDataOf<'attach'>> {
    const { sessionId } = command;
    let subscription: Subscription | undefined;
    const attachment = await this.#options.host.attach(command, {
      onReadable: () => subscription?.pump(),
      onInputDrained: () => subscription?.acknowledgeInput(),
    });
    if (this.#closed || signal.aborted) {
      attachment.close();
      throw signal.reason ?? new ProtocolError('CANCELLED', 'Cannot attach: the connection has ended');
    }
    const channel = this.#nextChannel++;
    subscription = new Subscription(this.#transport, attachment, {
      channel,
      windowBytes: attachment.info.window,
      onEnd: () => this.#sendHeldEvents(sessionId),
    });
    this.#channels.set(channel, { subscription, sessionId, role: attachment.info.role, isOrphaned: false });
    this.#options.hub.subscribe(sessionId, this);
    return { channel, ...attachment.info };
  }

  detach(sessionId: string): ResponseDataOf<'detach'> {
    const entry = this.#channelOf(sessionId);
    if (entry === undefined)
      throw new ProtocolError('INVALID_STATE', 'Cannot detach: this connection is not attached to the session');
    const { channel, offset } = entry.subscription;
    this.#drop(entry);
    this.#sendHeldEvents(sessionId);
    return { sessionId, channel, offset };
  }

  follow(sessionId: string): void {
    this.#followed.add(sessionId);
    this.#options.hub.subscribe(sessionId, this);
  }

  unfollow(sessionId: string): void {
    this.#followed.delete(sessionId);
    this.#options.hub.unsubscribe(sessionId, this);
  }

  assertMayDrive(sessionId: string): void {
    const entry = this.#channelOf(sessionId);
    if (entry?.role === 'observer' && !entry.isOrphaned) {
      throw new ProtocolError('FORBIDDEN', 'Cannot drive the session: this connection attached to it as an observer');
    }
  }

  #message(text: string): void {
    const decoded = decodeClientMessage(text);
    if (!decoded.ok) {
      this.#fail(decoded.error, { id: decoded.id, type: decoded.command });
    } else if (decoded.message.type === 'hello') {
      this.#hello(decoded.message.protocolVersion);
    } else {
      void this.#command(decoded.message);
    }
  }

  #hello(protocolVersion: string): void {
    if (isCompatible(protocolVersion)) return;
    const message = `Cannot speak protocol ${protocolVersion}: this server speaks ${PROTOCOL_VERSION}`;
    this.#fail({ code: 'PROTOCOL_VERSION_UNSUPPORTED', message }, { type: 'hello' });
    this.end(closeCodes.unsupportedVersion, 'protocol version');
  }

  async #command(command: Command): Promise<void> {
    const refusal = this.#refusal(command);
    if (refusal !== undefined) {
      this.#fail(refusal, command);
      return;
    }
    const running = this.#options.runner.run(command, this);
    this.#pending.set(command, running);
    try {
      const { data, sessionVersion } = await running.outcome;
      this.send(successResponse(command, data as ResponseDataOf<CommandType>, { sessionVersion }));
      if (command.type === 'attach')
        this.#channels.get((data as ResponseDataOf<'attach'>).channel)?.subscription.start();
    } catch (error) {
      // Cancelled between its making and this answer, a channel would hold the session up and never be heard of.
      if (command.type === 'attach') this.#dropUnstarted(command.sessionId);
      this.#fail(isProtocolError(error) ? error : UNANSWERABLE, command);
    } finally {
      this.#pending.delete(command);
    }
  }

  /** Why a command is not even tried. */
  #refusal(command: Command): ProtocolFault | undefined {
    const scope = requiredScope(command);
    if (!isAllowed(this.#options.principal, scope)) {
      return { code: 'FORBIDDEN', message: `Cannot run the command: it needs the scope ${scope}`, details: { scope } };
    }
    const reads = [...this.#pending.keys()].filter(({ type }) => type === 'read_output').length;
    if (this.#pending.size >= MAX_PENDING_COMMANDS || (command.type === 'read_output' && reads >= MAX_PENDING_READS)) {
      return { code: 'QUEUE_FULL', message: 'Cannot take the command: too many of this connection are unanswered' };
    }
    if (this.#isBackedUp()) {
      return { code: 'QUEUE_FULL', message: 'Cannot take the command: earlier answers have not been read' };
    }
    return undefined;
  }

  #isBackedUp(): boolean {
    return this.#transport.bufferedBytes > ANSWER_BUFFER_BYTES;
  }

  #frame(bytes: Uint8Array): void {
    const decoded = decodeFrame(bytes);
    if (!decoded.ok) {
      this.#fail(decoded.error, { type: BYTES_COMMAND });
      return;
    }
    try {
      this.#clientFrame(decoded.frame);
    } catch (error) {
      if (!isProtocolError(error)) throw error;
      this.#fail(
        { code: error.code, message: error.message, details: { channel: decoded.frame.channel, ...error.details } },
        { type: BYTES_COMMAND },
      );
    }
  }

  #clientFrame(frame: Frame): void {
    const subscription = this.#channels.get(frame.channel)?.subscription;
    if (subscription === undefined) {
      throw new ProtocolError('INVALID_MESSAGE', `Cannot take the frame: channel ${frame.channel} is not attached`);
    }
    if (frame.kind === 'input') subscription.input(frame);
    else if (frame.kind === 'ack') subscription.acknowledge(frame.offset);
    else
      throw new ProtocolError(
        'INVALID_MESSAGE',
        `Cannot take the frame: clients send input and ack, not ${frame.kind}`,
      );
  }

  #drained(): void {
    this.#transport.resumeReading();
    const subscriptions = [...this.#channels.values()].map(({ subscription }) => subscription);
    for (const subscription of subscriptions) subscription.transportDrained();
    // One frame each in turn, and another one first the next time, so that a flood does not keep its neighbours waiting.
    while (subscriptions.filter((subscription) => subscription.sendNext()).length > 0);
    const [first] = this.#channels;
    if (first === undefined) return;
    this.#channels.delete(first[0]);
    this.#channels.set(...first);
  }

  #close(): void {
    this.#closed = true;
    this.#stopWatching();
    for (const entry of [...this.#channels.values()]) this.#drop(entry);
    for (const sessionId of [...this.#followed]) this.unfollow(sessionId);
    this.#heldEvents.clear();
    const gone = new ProtocolError('CANCELLED', 'The connection has ended');
    for (const [command, running] of this.#pending) {
      if (command.type === 'wait_for') running.cancel(gone);
    }
    this.#options.onClosed();
  }

  #fail(fault: ProtocolFault, to: { readonly id?: string | undefined; readonly type?: string | undefined } = {}): void {
    this.send(failureResponse(to, fault));
  }

  #drop({ subscription, sessionId }: ChannelEntry): void {
    subscription.close();
    this.#channels.delete(subscription.channel);
    if (!this.#followed.has(sessionId)) this.#options.hub.unsubscribe(sessionId, this);
  }

  #dropUnstarted(sessionId: string): void {
    const entry = this.#channelOf(sessionId);
    if (entry !== undefined && !entry.subscription.started) this.#drop(entry);
  }

  /** Forgets a session that is gone, so that a new one of the same id meets no trace of it. */
  #forget(sessionId: string): void {
    this.#followed.delete(sessionId);
    const entry = this.#channelOf(sessionId);
    if (entry !== undefined) this.#drop(entry);
  }

  #channelOf(sessionId: string): ChannelEntry | undefined {
    for (const entry of this.#channels.values()) if (entry.sessionId === sessionId) return entry;
    return undefined;
  }

  /** A client learns that a session stopped after it got the last byte. */
  #awaitsEnd(sessionId: string): boolean {
    return this.#channelOf(sessionId)?.subscription.ended === false;
  }

  #sendHeldEvents(sessionId: string): void {
    if (this.#awaitsEnd(sessionId)) return;
    const held = this.#heldEvents.get(sessionId) ?? [];
    this.#heldEvents.delete(sessionId);
    for (const event of held) this.receiveEvent(event);
  }
}

function isAllowed({ scopes }: Principal, scope: string): boolean {
  return scopes.includes('*') || scopes.includes(scope);
}
