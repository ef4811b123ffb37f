import type { AckFrame, Command, InputFrame, ResponseDataOf } from '@sessiond/protocol';
import type { Principal } from '../auth/auth-provider.ts';
import type { CommandIssuer } from '../commands/command-context.ts';
import type { CommandAnswer } from '../execution/command-answer.ts';
import type { SessionEvent } from '../sessions/session-host.ts';
import { Channels, type ChannelsOptions } from './channels.ts';
import type { EventHub, EventReceiver } from './event-hub.ts';
import { FollowedSessions } from './followed-sessions.ts';
import type { Outbox } from './outbox.ts';

/** Of a connection that was never attached. */
const NOTHING_SENT = Object.freeze({ unacknowledgedBytes: 0, windowBytes: 0 });

/** What commands get of the connection they come over. */
export interface ConnectionIssuerOptions extends Pick<ChannelsOptions, 'transport' | 'host' | 'traffic' | 'guard'> {
  readonly principal: Principal;
  readonly connectionId: string;
  readonly outbox: Outbox;
  readonly hub: EventHub;
  /** Who gets the events of the sessions that are followed. */
  readonly receiver: EventReceiver;
}

/**
 * A connection as its commands know it: the sessions that it is attached to and follows, and the way back to its client. What a command has asked for
 * begins with its answer.
 */
export class ConnectionIssuer implements CommandIssuer {
  readonly principal: Principal;
  readonly connectionId: string;
  readonly #options: ConnectionIssuerOptions;
  readonly #followed: FollowedSessions;
  /** Its attachments, once it has had one. */
  #made: Channels | undefined;
  #closed = false;

  constructor(options: ConnectionIssuerOptions) {
    this.principal = options.principal;
    this.connectionId = options.connectionId;
    this.#options = options;
    this.#followed = new FollowedSessions(options.hub, options.receiver);
  }

  get closed(): boolean {
    return this.#closed;
  }

  tell(message: object): boolean {
    const { outbox } = this.#options;
    outbox.send(message);
    return !outbox.isUnread;
  }

  drained(signal: AbortSignal): Promise<void> {
    return this.#options.outbox.read(signal);
  }

  attach(command: Command<'attach'>, signal: AbortSignal): Promise<ResponseDataOf<'attach'>> {
    return this.#channels.attach(command, signal);
  }

  detach(sessionId: string): ResponseDataOf<'detach'> {
    return this.#channels.detach(sessionId);
  }

  follow(sessionId: string): () => void {
    const isNew = this.#followed.ask(sessionId);
    return () => {
      if (!isNew) return;
      this.#made?.unfollow(sessionId);
      this.#followed.takeBack(sessionId);
      // It may have been attached meanwhile.
      if (this.#made?.isAttached(sessionId) !== true) this.#followed.detached(sessionId);
    };
  }

  followLog(sessionId: string, after: number | undefined, signal: AbortSignal): Promise<number> {
    return this.#channels.follow(sessionId, after, signal);
  }

  readsLog(sessionId: string): boolean {
    return this.#made?.reads(sessionId) ?? false;
  }

  unfollow(sessionId: string): void {
    this.#made?.unfollow(sessionId);
    this.#followed.drop(sessionId);
  }

  assertMayDrive(sessionId: string): void {
    this.#made?.assertMayDrive(sessionId);
  }

  /** A command was answered: what it has asked for begins, or is given up. */
  answered({ code, data }: CommandAnswer, command: Command): void {
    const isSuccess = code === 'OK';
    if (command.type === 'switch_session') this.#made?.startFollowing(command.sessionId, isSuccess);
    if (command.type !== 'attach') return;
    if (!isSuccess) this.#made?.dropUnannounced(command);
    else if (data !== undefined) this.#made?.start((data as ResponseDataOf<'attach'>).channel);
  }

  /** Takes a frame of the client. @throws ProtocolError when it makes no sense or cannot be taken. */
  frame(frame: InputFrame | AckFrame): void {
    this.#channels.frame(frame);
  }

  /** The transport has written everything. */
  transportDrained(): void {
    this.#made?.drained();
  }

  /** Takes note of an event that is for the client. @returns whether it has to wait for the last byte of its session. */
  holds(event: SessionEvent): boolean {
    // The hub lets go of the id as well: a new session of it, also one that takes an old one up again, has to be asked for again.
    const { type } = event.event;
    if (type === 'session_deleted' || type === 'session_created') this.#followed.takeBack(event.sessionId);
    return this.#made?.holds(event) ?? false;
  }

  /** What waits to be acknowledged. */
  snapshot(): ReturnType<Channels['snapshot']> {
    return this.#made?.snapshot() ?? NOTHING_SENT;
  }

  /** Gives up everything it holds; nothing can be asked for afterwards. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#made?.close();
    this.#followed.close();
  }

  get #channels(): Channels {
    if (this.#made !== undefined) return this.#made;
    const { transport, host, traffic, guard, outbox } = this.#options;
    this.#made = new Channels({
      transport,
      host,
      traffic,
      guard,
      onAttached: (sessionId) => this.#followed.attached(sessionId),
      onDetached: (sessionId) => this.#followed.detached(sessionId),
      onDue: (event) => outbox.sendEvent(event),
      sendText: (text) => outbox.sendText(text),
    });
    if (this.#closed) this.#made.close();
    return this.#made;
  }
}
