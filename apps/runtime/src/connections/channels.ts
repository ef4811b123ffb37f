import { type AckFrame, type Command, type InputFrame, ProtocolError, type ResponseDataOf } from '@sessiond/protocol';
import type { SessionAttachment, SessionEvent } from '../sessions/session-host.ts';
import type { Transport } from '../transports/transport.ts';
import { Channel } from './channel.ts';
import type { Delivery } from './delivery.ts';
import { EventDelivery } from './event-delivery.ts';
import { type Opened, Openings, type OpeningsOptions } from './openings.ts';
import { OutputDelivery } from './output-delivery.ts';
import { Subscription } from './subscription.ts';
import type { Traffic } from './traffic.ts';

/** Attachments, and agents that are followed without one, of one connection at a time. */
const MAX_CHANNELS = 256;

/** What the channels of a connection are made of. */
export interface ChannelsOptions extends OpeningsOptions {
  readonly transport: Transport;
  readonly traffic: Traffic;
  /** The connection is attached to the session from now on; comes before the answer. */
  readonly onAttached: (sessionId: string) => void;
  /** The connection is no longer attached to the session. */
  readonly onDetached: (sessionId: string) => void;
  /** An event that was held back is due. */
  readonly onDue: (event: SessionEvent) => void;
  /** Sends a message that is text already. */
  readonly sendText: (text: string) => void;
}

/**
 * The ways of sessions to one connection, at most 256 and at most one per session: who may act, whose turn it is to send, and
 * which news have to wait for the last byte. A number is never used twice.
 *
 * Terminals come here when they are attached; agents also when only their events are followed. Attaching and following an agent share one place in its log:
 * who names a place moves it there, and it is given up when it is wanted for neither.
 *
 * A session id can be used again while output of its former session is still on its way to a slow client. A channel therefore
 * belongs to one life of the id: it is orphaned when that session is deleted, and no news of a later one touch it.
 */
export class Channels {
  readonly #options: ChannelsOptions;
  readonly #channels = new Map<number, Channel>();
  readonly #openings: Openings;
  #nextChannel = 1;

  constructor(options: ChannelsOptions) {
    this.#options = options;
    this.#openings = new Openings(options);
  }

  /**
   * Attaches to a session; nothing is delivered before {@link start}.
   * @throws ProtocolError when this connection has too many attachments or one to this session, when the host refuses,
   * and the reason of `signal` when it has aborted meanwhile; no attachment is left then.
   */
  async attach(command: Command<'attach'>, signal: AbortSignal): Promise<ResponseDataOf<'attach'>> {
    const { sessionId } = command;
    this.#assertAttachable(sessionId);
    const followed = this.#of(sessionId);
    // Who follows already has seen everything up to where it stands.
    const place = followed !== undefined && command.from === 'now' && { from: followed.subscription.offset };
    return this.#openings.open({ ...command, ...place }, true, signal, (opened) => {
      const channel = this.#enter(sessionId, opened, 'attach');
      channel.command = command;
      channel.isAnnounced = false;
      if (!channel.isOrphaned) this.#options.onAttached(sessionId);
      return { channel: channel.number, ...opened.attachment.info };
    });
  }

  /** Begins to deliver; called once the answer to `attach` was sent, because the frames of a channel follow it. */
  start(number: number): void {
    const channel = this.#channels.get(number);
    if (channel === undefined) return;
    channel.isAnnounced = true;
    if (channel.opener === 'attach') channel.subscription.start();
  }

  /**
   * Gives up the attachment that a command made and whose answer was never sent: nobody could ever hear of it, and it would hold
   * the session up.
   */
  dropUnannounced(command: Command<'attach'>): void {
    const channel = this.#find((entry) => entry.command === command && !entry.isAnnounced);
    if (channel === undefined) return;
    this.#detach(channel);
    if (channel.opener === 'attach') channel.subscription.start();
  }

  /**
   * Follows the events of an agent behind a number, or from now on, or from where the connection reads them already; nothing new is delivered before
   * {@link startFollowing}.
   * @returns the number of the last event before those that come.
   * @throws ProtocolError as {@link attach} does.
   */
  async follow(sessionId: string, after: number | undefined, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const known = this.#of(sessionId);
    if (known !== undefined && after === undefined) {
      known.isFollowed = true;
      return known.subscription.offset - 1;
    }
    if (known === undefined) this.#assertRoom();
    const from = after === undefined ? 'now' : after + 1;
    return this.#openings.open({ type: 'attach', sessionId, from, role: 'observer' }, false, signal, (opened) => {
      this.#enter(sessionId, opened, 'follow').isFollowed = true;
      return opened.attachment.info.from - 1;
    });
  }

  /** Begins to deliver what {@link follow} asked for, once that was answered. Where it was not, only an attachment goes on. */
  startFollowing(sessionId: string, wasAnswered: boolean): void {
    // Also where the session was deleted meanwhile: what is left of it is told, and it is let go of.
    for (const channel of [...this.#channels.values()]) {
      if (channel.sessionId !== sessionId || channel.opener !== 'follow' || channel.subscription.started) continue;
      if (!wasAnswered) this.#unfollow(channel);
      channel.subscription.start();
    }
  }

  /** Follows an agent no longer; an attachment to it stays. Idempotent. */
  unfollow(sessionId: string): void {
    const channel = this.#of(sessionId);
    if (channel !== undefined) this.#unfollow(channel);
  }

  /** Whether the connection is attached to the session that has the id now. */
  isAttached(sessionId: string): boolean {
    return this.#of(sessionId)?.isAttached ?? false;
  }

  /** Whether the connection reads the events of the session out of its log: those of an agent that it attached to or follows. */
  reads(sessionId: string): boolean {
    return this.#of(sessionId)?.isOfEvents ?? false;
  }

  /**
   * Ends the attachment to a session, or to a former one of that id, and says how far it got.
   * @throws ProtocolError when there is none.
   */
  detach(sessionId: string): ResponseDataOf<'detach'> {
    const attached = (channel: Channel): boolean => channel.sessionId === sessionId && channel.isAttached;
    const channel = this.#find((each) => attached(each) && !each.isOrphaned) ?? this.#find(attached);
    if (channel === undefined)
      throw new ProtocolError('INVALID_STATE', 'Cannot detach: this connection is not attached to the session');
    const { number, subscription } = channel;
    this.#detach(channel);
    return { sessionId, channel: number, offset: subscription.offset };
  }

  /** @throws ProtocolError when the connection is attached to the session as an observer. */
  assertMayDrive(sessionId: string): void {
    if (this.#of(sessionId)?.command?.role === 'observer') {
      throw new ProtocolError('FORBIDDEN', 'Cannot drive the session: this connection attached to it as an observer');
    }
  }

  /** Takes a client's frame. @throws ProtocolError when it makes no sense or cannot be taken. */
  frame(frame: InputFrame | AckFrame): void {
    const channel = this.#channels.get(frame.channel);
    if (channel === undefined || !channel.isAttached) {
      // On its way when the attachment ended, with its session for example: the client could not know.
      if (frame.kind === 'ack' && frame.channel < this.#nextChannel) return;
      throw new ProtocolError('INVALID_MESSAGE', `Cannot take the frame: channel ${frame.channel} is not attached`);
    }
    if (frame.kind === 'input') channel.subscription.input(frame);
    else channel.subscription.acknowledge(frame.offset);
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
    if (type === 'session_created') {
      // One that is still here was not deleted, but gave its place to this one.
      this.#orphan(sessionId);
      this.#releaseOrphans(sessionId);
    }
    if (type !== 'pty.stopped' && type !== 'session_deleted') return false;
    const isHeld = this.#of(sessionId)?.hold(event) ?? false;
    if (type === 'session_deleted') this.#orphan(sessionId);
    return isHeld;
  }

  /** Ends every attachment; none can be made afterwards. What is held is told to nobody. Idempotent. */
  close(): void {
    this.#openings.close();
    for (const channel of [...this.#channels.values()]) {
      channel.release();
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

  /** @throws ProtocolError when there are as many as are allowed. */
  #assertRoom(): void {
    if (this.#channels.size + this.#openings.size < MAX_CHANNELS) return;
    throw new ProtocolError(
      'CAPACITY_EXCEEDED',
      `Cannot attach: this connection has ${MAX_CHANNELS} attachments, the most allowed`,
    );
  }

  #assertAttachable(sessionId: string): void {
    const known = this.#of(sessionId);
    if (known === undefined) this.#assertRoom();
    const channel = known?.isAttached === true ? known.number : undefined;
    if (channel === undefined && !this.#openings.isAttaching(sessionId)) return;
    throw new ProtocolError(
      'INVALID_STATE',
      'Cannot attach: this connection is attached to the session; detach first',
      { details: channel === undefined ? undefined : { channel } },
    );
  }

  /** Has a session come this way, in place of the way it came before. */
  #enter(sessionId: string, { attachment, isOrphaned, wake }: Opened, opener: Channel['opener']): Channel {
    const known = isOrphaned ? undefined : this.#of(sessionId);
    // What was told a number keeps it.
    const number = known?.isAttached === true ? known.number : this.#nextChannel++;
    const subscription = new Subscription(this.#delivery(attachment, sessionId, number), {
      transport: this.#options.transport,
      onEnd: () => this.#ended(channel),
    });
    wake(subscription);
    const channel: Channel = known ?? new Channel(sessionId, number, subscription);
    if (known === undefined) {
      channel.isOrphaned = isOrphaned;
      channel.isOfEvents = attachment.kind === 'events';
    } else {
      known.subscription.close();
      this.#channels.delete(known.number);
    }
    channel.number = number;
    channel.subscription = subscription;
    channel.opener = opener;
    this.#channels.set(number, channel);
    return channel;
  }

  #delivery(attachment: SessionAttachment, sessionId: string, channel: number): Delivery {
    const { transport, traffic, sendText } = this.#options;
    if (attachment.kind === 'events') return new EventDelivery(attachment, { sessionId, channel, sendText });
    const { window: windowBytes } = attachment.info;
    return new OutputDelivery(attachment, { channel, transport, windowBytes, traffic });
  }

  /** The session is gone: a new one of the same id meets no trace of it. */
  #orphan(sessionId: string): void {
    this.#openings.orphan(sessionId);
    const channel = this.#of(sessionId);
    if (channel === undefined) return;
    if (channel.isAttached) this.#options.onDetached(sessionId);
    channel.isOrphaned = true;
    if (channel.subscription.ended) this.#drop(channel);
  }

  #releaseOrphans(sessionId: string): void {
    for (const channel of this.#channels.values()) {
      if (channel.isOrphaned && channel.sessionId === sessionId) this.#release(channel);
    }
  }

  #ended(channel: Channel): void {
    if (channel.isOrphaned) this.#drop(channel);
    else this.#release(channel);
  }

  /** Ends following; an attachment goes on. */
  #unfollow(channel: Channel): void {
    channel.isFollowed = false;
    if (!channel.isAttached) this.#drop(channel);
  }

  /** Ends an attachment; what is followed, too, goes on. */
  #detach(channel: Channel): void {
    if (!channel.isFollowed) {
      this.#drop(channel);
      return;
    }
    channel.command = undefined;
    if (!channel.isOrphaned) this.#options.onDetached(channel.sessionId);
  }

  #drop(channel: Channel): void {
    const { sessionId, number, subscription, isAttached, isOrphaned } = channel;
    subscription.close();
    this.#channels.delete(number);
    if (!isOrphaned && isAttached) this.#options.onDetached(sessionId);
    this.#release(channel);
  }

  #release(channel: Channel): void {
    for (const event of channel.release()) this.#options.onDue(event);
  }

  /** The way of the session that has the id now, and only of it. */
  #of(sessionId: string): Channel | undefined {
    return this.#find((channel) => channel.sessionId === sessionId && !channel.isOrphaned);
  }

  #find(matches: (channel: Channel) => boolean): Channel | undefined {
    for (const channel of this.#channels.values()) if (matches(channel)) return channel;
    return undefined;
  }
}
