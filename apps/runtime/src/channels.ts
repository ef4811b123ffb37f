import { type AckFrame, type Command, type InputFrame, ProtocolError, type ResponseDataOf } from '@sessiond/protocol';
import type { Guard } from './containment.ts';
import { EventSubscription } from './event-subscription.ts';
import { OutputSubscription } from './output-subscription.ts';
import type { SessionAttachment, SessionEvent, SessionHost } from './sessions/session-host.ts';
import type { Subscription } from './subscription.ts';
import type { Traffic } from './traffic.ts';
import type { Transport } from './transports/transport.ts';

/** Attachments, and agents that are followed without one, of one connection at a time. */
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
  /** Sends a message that is text already. */
  readonly sendText: (text: string) => void;
}

/** A subscription that the host is asked for. */
interface Opening {
  readonly sessionId: string;
  readonly isAttach: boolean;
  /** Whether the session was deleted meanwhile. What is orphaned has nothing to do with a later session of the same id. */
  isOrphaned: boolean;
}

/** What came of an opening. */
interface Opened {
  readonly attachment: SessionAttachment;
  /** Tells the host what to wake up from now on. */
  readonly wake: (subscription: Subscription) => void;
}

/** One session's way to the client. */
interface Channel {
  readonly sessionId: string;
  /** Unique among all the connection ever had. */
  number: number;
  subscription: Subscription;
  /** What the attachment was asked for with; `undefined` while an agent is only followed. */
  command: Command<'attach'> | undefined;
  /** Whether the events of an agent are wanted for themselves, too. */
  isFollowed: boolean;
  /** An orphaned one only delivers what is left of its output. */
  isOrphaned: boolean;
  /** News of the end, by type, for a client that has not been sent the end of its output. */
  readonly held: Map<'pty.stopped' | 'session_deleted', SessionEvent>;
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
  /** As many as the connection has commands for it. */
  readonly #opening = new Set<Opening>();
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
    const { sessionId } = command;
    this.#assertAttachable(sessionId);
    const followed = this.#of(sessionId);
    // Who follows already has seen everything up to where it stands.
    const place = followed !== undefined && command.from === 'now' && { from: followed.subscription.offset };
    return this.#open({ ...command, ...place }, true, signal, (opened, isOrphaned) => {
      const channel = this.#enter(sessionId, opened, isOrphaned);
      channel.command = command;
      if (!isOrphaned) this.#options.onAttached(sessionId);
      return { channel: channel.number, ...opened.attachment.info };
    });
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
    if (channel === undefined) return;
    this.#detach(channel);
    channel.subscription.start();
  }

  /**
   * Follows the events of an agent behind a number, or from now on, or from where the connection reads them already; nothing new is delivered before
   * {@link startFollowing}.
   * @returns the number of the last event before those that come.
   * @throws ProtocolError as {@link attach} does.
   */
  async follow(sessionId: string, after: number | undefined, signal: AbortSignal): Promise<number> {
    const known = this.#of(sessionId);
    if (known !== undefined && after === undefined) {
      known.isFollowed = true;
      return known.subscription.offset - 1;
    }
    if (known === undefined) this.#assertRoom();
    const from = after === undefined ? 'now' : after + 1;
    return this.#open({ type: 'attach', sessionId, from, role: 'observer' }, false, signal, (opened, isOrphaned) => {
      this.#enter(sessionId, opened, isOrphaned).isFollowed = true;
      return opened.attachment.info.from - 1;
    });
  }

  /** Begins to deliver what {@link follow} asked for, once that was answered. Where it was not, only an attachment goes on. */
  startFollowing(sessionId: string, wasAnswered: boolean): void {
    const channel = this.#of(sessionId);
    if (channel === undefined || channel.subscription.started) return;
    if (!wasAnswered) this.unfollow(sessionId);
    channel.subscription.start();
  }

  /** Follows an agent no longer; an attachment to it stays. Idempotent. */
  unfollow(sessionId: string): void {
    const channel = this.#of(sessionId);
    if (channel === undefined) return;
    channel.isFollowed = false;
    if (channel.command === undefined) this.#drop(channel);
  }

  /** Whether the connection reads the events of the session out of its log: those of an agent that it attached to or follows. */
  reads(sessionId: string): boolean {
    return this.#of(sessionId)?.subscription instanceof EventSubscription;
  }

  /**
   * Ends the attachment to a session, or to a former one of that id, and says how far it got.
   * @throws ProtocolError when there is none.
   */
  detach(sessionId: string): ResponseDataOf<'detach'> {
    const attached = (channel: Channel): boolean => channel.sessionId === sessionId && channel.command !== undefined;
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
    if (channel?.command === undefined) {
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

  /** @throws ProtocolError when there are as many as are allowed. */
  #assertRoom(): void {
    if (this.#channels.size < MAX_CHANNELS) return;
    throw new ProtocolError(
      'CAPACITY_EXCEEDED',
      `Cannot attach: this connection has ${MAX_CHANNELS} attachments, the most allowed`,
    );
  }

  #assertAttachable(sessionId: string): void {
    const known = this.#of(sessionId);
    if (known === undefined) this.#assertRoom();
    const channel = known?.command === undefined ? undefined : known.number;
    const isOpening = [...this.#opening].some(
      (each) => each.sessionId === sessionId && each.isAttach && !each.isOrphaned,
    );
    if (channel === undefined && !isOpening) return;
    throw new ProtocolError(
      'INVALID_STATE',
      'Cannot attach: this connection is attached to the session; detach first',
      { details: channel === undefined ? undefined : { channel } },
    );
  }

  /** Asks the host, and does something with the answer if it is still wanted then. */
  async #open<T>(
    command: Command<'attach'>,
    isAttach: boolean,
    signal: AbortSignal,
    enter: (opened: Opened, isOrphaned: boolean) => T,
  ): Promise<T> {
    const { host, guard } = this.#options;
    const opening: Opening = { sessionId: command.sessionId, isAttach, isOrphaned: false };
    let subscription: Subscription | undefined;
    this.#opening.add(opening);
    try {
      const attachment = await host.attach(command, {
        onReadable: guard(() => subscription?.pump()),
        onInputDrained: guard(() => subscription?.acknowledgeInput()),
      });
      if (this.#closed || signal.aborted) {
        attachment.close();
        throw signal.reason ?? new ProtocolError('CANCELLED', 'Cannot attach: the connection has ended');
      }
      const wake = (made: Subscription): void => {
        subscription = made;
      };
      return enter({ attachment, wake }, opening.isOrphaned);
    } finally {
      this.#opening.delete(opening);
    }
  }

  /** Has a session come this way, in place of the way it came before. */
  #enter(sessionId: string, { attachment, wake }: Opened, isOrphaned: boolean): Channel {
    const known = isOrphaned ? undefined : this.#of(sessionId);
    // What was told a number keeps it.
    const number = known?.command === undefined ? this.#nextChannel++ : known.number;
    const subscription = this.#subscription(attachment, sessionId, number, () => this.#ended(channel));
    wake(subscription);
    const channel: Channel = known ?? {
      sessionId,
      number,
      subscription,
      command: undefined,
      isFollowed: false,
      isOrphaned,
      held: new Map(),
    };
    if (known !== undefined) {
      known.subscription.close();
      this.#channels.delete(known.number);
    }
    channel.number = number;
    channel.subscription = subscription;
    this.#channels.set(number, channel);
    return channel;
  }

  #subscription(
    attachment: SessionAttachment,
    sessionId: string,
    channel: number,
    onEnd: () => void,
  ): OutputSubscription | EventSubscription {
    const { transport, traffic, sendText } = this.#options;
    if (attachment.kind === 'events')
      return new EventSubscription(attachment, { sessionId, transport, sendText, onEnd });
    const { window: windowBytes } = attachment.info;
    return new OutputSubscription(transport, attachment, { channel, windowBytes, traffic, onEnd });
  }

  /** The session is gone: a new one of the same id meets no trace of it. */
  #orphan(sessionId: string): void {
    for (const opening of this.#opening) if (opening.sessionId === sessionId) opening.isOrphaned = true;
    const channel = this.#of(sessionId);
    if (channel === undefined) return;
    if (channel.command !== undefined) this.#options.onDetached(sessionId);
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
    const { sessionId, number, subscription, command, isOrphaned } = channel;
    subscription.close();
    this.#channels.delete(number);
    if (!isOrphaned && command !== undefined) this.#options.onDetached(sessionId);
    this.#release(channel);
  }

  #release({ held }: Channel): void {
    const due = [...held.values()];
    held.clear();
    for (const event of due) this.#options.onDue(event);
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
