import { type AckFrame, type Command, type InputFrame, ProtocolError, type ResponseDataOf } from '@sessiond/protocol';
import type { Guard } from './containment.ts';
import type { SessionEvent, SessionHost } from './sessions/session-host.ts';
import { Subscription } from './subscription.ts';
import type { Traffic } from './traffic.ts';
import type { Transport } from './transports/transport.ts';

/** Attachments of one connection at a time. */
const MAX_CHANNELS = 256;

/** What the channels of a connection are made of. */
export interface ChannelsOptions {
  readonly transport: Transport;
  readonly host: Pick<SessionHost, 'attach'>;
  readonly traffic: Traffic;
  /** The connection is attached to the session from now on; comes before the answer. */
  readonly onAttached: (sessionId: string) => void;
  /** The connection is no longer attached to the session. */
  readonly onDetached: (sessionId: string) => void;
  /** The connection's own, for what calls from the sessions. */
  readonly guard: Guard;
  /** An event that was held back is due. */
  readonly onDue: (event: SessionEvent) => void;
}

/** Whether the session was deleted. What is orphaned has nothing to do with a later session of the same id. */
interface Orphanable {
  isOrphaned: boolean;
}

/** An orphaned one only delivers what is left of its output. */
interface Channel extends Orphanable {
  readonly subscription: Subscription;
  /** What it was asked for with. */
  readonly command: Command<'attach'>;
  readonly role: 'driver' | 'observer';
  /** News of the end, by type, for a client that has not been sent the end of its output. */
  readonly held: Map<'pty.stopped' | 'session_deleted', SessionEvent>;
}

/**
 * The attachments of one connection, at most 256 and at most one per session: who may act, whose turn it is to send, and
 * which news have to wait for the last byte. A number is never used twice.
 *
 * A session id can be used again while output of its former session is still on its way to a slow client. An attachment therefore
 * belongs to one life of the id: it is orphaned when that session is deleted, and no news of a later one touch it.
 */
export class Channels {
  readonly #options: ChannelsOptions;
  readonly #channels = new Map<number, Channel>();
  readonly #attaching = new Map<string, Orphanable>();
  #nextChannel = 1;
  #closed = false;

  constructor(options: ChannelsOptions) {
    this.#options = options;
  }

  /**
   * Attaches to a session; nothing is delivered before {@link start}.
   * @throws ProtocolError when this connection has too many attachments or one to this session, when the host refuses,
   * and the reason of `signal` when it has aborted meanwhile; no attachment is left then.
   */
  async attach(command: Command<'attach'>, signal: AbortSignal): Promise<ResponseDataOf<'attach'>> {
    this.#assertAttachable(command.sessionId);
    const { sessionId } = command;
    const fate: Orphanable = { isOrphaned: false };
    this.#attaching.set(sessionId, fate);
    try {
      return await this.#attach(command, signal, fate);
    } finally {
      if (this.#attaching.get(sessionId) === fate) this.#attaching.delete(sessionId);
    }
  }

  /** Begins to deliver; called once the answer to `attach` was sent, because the frames of a channel follow it. */
  start(channel: number): void {
    this.#channels.get(channel)?.subscription.start();
  }

  /**
   * Gives up the attachment that a command made and whose answer was never sent: nobody could ever hear of it, and it would hold
   * the session up.
   */
  dropUnstarted(command: Command<'attach'>): void {
    const channel = this.#find((entry) => entry.command === command && !entry.subscription.started);
    if (channel !== undefined) this.#drop(channel);
  }

  /**
   * Ends the attachment to a session, or to a former one of that id, and says how far it got.
   * @throws ProtocolError when there is none.
   */
  detach(sessionId: string): ResponseDataOf<'detach'> {
    const entry = this.#of(sessionId) ?? this.#find(({ command }) => command.sessionId === sessionId);
    if (entry === undefined)
      throw new ProtocolError('INVALID_STATE', 'Cannot detach: this connection is not attached to the session');
    const { channel, offset } = entry.subscription;
    this.#drop(entry);
    return { sessionId, channel, offset };
  }

  /** @throws ProtocolError when the connection is attached to the session as an observer. */
  assertMayDrive(sessionId: string): void {
    const channel = this.#of(sessionId);
    if (channel?.role === 'observer') {
      throw new ProtocolError('FORBIDDEN', 'Cannot drive the session: this connection attached to it as an observer');
    }
  }

  /** Takes a client's frame. @throws ProtocolError when it makes no sense or cannot be taken. */
  frame(frame: InputFrame | AckFrame): void {
    const subscription = this.#channels.get(frame.channel)?.subscription;
    if (subscription === undefined) {
      // On its way when the attachment ended, with its session for example: the client could not know.
      if (frame.kind === 'ack' && frame.channel < this.#nextChannel) return;
      throw new ProtocolError('INVALID_MESSAGE', `Cannot take the frame: channel ${frame.channel} is not attached`);
    }
    if (frame.kind === 'input') subscription.input(frame);
    else subscription.acknowledge(frame.offset);
  }

  /** Sends what had to wait for the transport, one frame each in turn, so that a flood does not keep its neighbours waiting. */
  drained(): void {
    const subscriptions = [...this.#channels.values()].map(({ subscription }) => subscription);
    for (const subscription of subscriptions) subscription.transportDrained();
    while (subscriptions.filter((subscription) => subscription.sendNext()).length > 0);
    // Another one is first the next time.
    const [first] = this.#channels;
    if (first === undefined) return;
    this.#channels.delete(first[0]);
    this.#channels.set(...first);
  }

  /**
   * Holds an event back if it tells of an end that the client has not read up to yet. It is due after the last byte, or once
   * the attachment is over, or before the news of another session with the same id, which it would otherwise seem to be about.
   * @returns whether it is held.
   */
  holds(event: SessionEvent): boolean {
    const { sessionId } = event;
    const { type } = event.event;
    if (type === 'session_created') this.#releaseOrphans(sessionId);
    if (type !== 'pty.stopped' && type !== 'session_deleted') return false;
    const channel = this.#of(sessionId);
    const awaitsEnd = channel?.subscription.ended === false;
    if (awaitsEnd) channel.held.set(type, event);
    if (type === 'session_deleted') this.#orphan(sessionId);
    return awaitsEnd;
  }

  /** Ends every attachment; none can be made afterwards. What is held is told to nobody. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const channel of [...this.#channels.values()]) {
      channel.held.clear();
      this.#drop(channel);
    }
  }

  /** What clients with a window have not acknowledged, and what their windows allow. */
  snapshot(): { readonly unacknowledgedBytes: number; readonly windowBytes: number } {
    let unacknowledgedBytes = 0;
    let windowBytes = 0;
    for (const { subscription } of this.#channels.values()) {
      unacknowledgedBytes += subscription.unacknowledgedBytes;
      windowBytes += subscription.windowBytes;
    }
    return { unacknowledgedBytes, windowBytes };
  }

  #assertAttachable(sessionId: string): void {
    if (this.#channels.size >= MAX_CHANNELS) {
      throw new ProtocolError(
        'CAPACITY_EXCEEDED',
        `Cannot attach: this connection has ${MAX_CHANNELS} attachments, the most allowed`,
      );
    }
    const channel = this.#of(sessionId)?.subscription.channel;
    if (channel === undefined && !this.#attaching.has(sessionId)) return;
    throw new ProtocolError(
      'INVALID_STATE',
      'Cannot attach: this connection is attached to the session; detach first',
      { details: channel === undefined ? undefined : { channel } },
    );
  }

  async #attach(command: Command<'attach'>, signal: AbortSignal, fate: Orphanable): Promise<ResponseDataOf<'attach'>> {
    const { transport, host, traffic, guard, onAttached } = this.#options;
    const { sessionId } = command;
    let subscription: Subscription | undefined;
    const attachment = await host.attach(command, {
      onReadable: guard(() => subscription?.pump()),
      onInputDrained: guard(() => subscription?.acknowledgeInput()),
    });
    if (this.#closed || signal.aborted) {
      attachment.close();
      throw signal.reason ?? new ProtocolError('CANCELLED', 'Cannot attach: the connection has ended');
    }
    const channel = this.#nextChannel++;
    const { role, window: windowBytes } = attachment.info;
    const onEnd = (): void => this.#ended(entry);
    subscription = new Subscription(transport, attachment, { channel, windowBytes, traffic, onEnd });
    const entry: Channel = { ...fate, subscription, command, role, held: new Map() };
    this.#channels.set(channel, entry);
    if (!entry.isOrphaned) onAttached(sessionId);
    return { channel, ...attachment.info };
  }

  /** The session is gone: a new one of the same id meets no trace of it. */
  #orphan(sessionId: string): void {
    const fate = this.#attaching.get(sessionId);
    if (fate !== undefined) fate.isOrphaned = true;
    this.#attaching.delete(sessionId);
    const channel = this.#of(sessionId);
    if (channel === undefined) return;
    this.#options.onDetached(sessionId);
    channel.isOrphaned = true;
    if (channel.subscription.ended) this.#drop(channel);
  }

  #releaseOrphans(sessionId: string): void {
    for (const channel of this.#channels.values()) {
      if (channel.isOrphaned && channel.command.sessionId === sessionId) this.#release(channel);
    }
  }

  #ended(channel: Channel): void {
    if (channel.isOrphaned) this.#drop(channel);
    else this.#release(channel);
  }

  #drop(channel: Channel): void {
    const { subscription, command, isOrphaned } = channel;
    subscription.close();
    this.#channels.delete(subscription.channel);
    if (!isOrphaned) this.#options.onDetached(command.sessionId);
    this.#release(channel);
  }

  #release({ held }: Channel): void {
    const due = [...held.values()];
    held.clear();
    for (const event of due) this.#options.onDue(event);
  }

  /** The attachment to the session that has the id now, and only to it. */
  #of(sessionId: string): Channel | undefined {
    return this.#find(({ command, isOrphaned }) => command.sessionId === sessionId && !isOrphaned);
  }

  #find(matches: (channel: Channel) => boolean): Channel | undefined {
    for (const channel of this.#channels.values()) if (matches(channel)) return channel;
    return undefined;
  }
}
