import { type AckFrame, type Command, type InputFrame, ProtocolError, type ResponseDataOf } from '@sessiond/protocol';
import type { SessionEvent, SessionHost } from './sessions/session-host.ts';
import { Subscription } from './subscription.ts';
import type { Transport } from './transports/transport.ts';

/** Attachments of one connection at a time. */
const MAX_CHANNELS = 256;

/** What the channels of a connection are made of. */
export interface ChannelsOptions {
  readonly transport: Transport;
  readonly host: Pick<SessionHost, 'attach'>;
  /** The connection is attached to the session from now on; comes before the answer. */
  readonly onAttached: (sessionId: string) => void;
  /** The connection is no longer attached to the session. */
  readonly onDetached: (sessionId: string) => void;
  /** An event that was held back is due. */
  readonly onDue: (event: SessionEvent) => void;
}

interface Channel {
  readonly subscription: Subscription;
  readonly sessionId: string;
  readonly role: 'driver' | 'observer';
  /** The session was deleted; the channel only delivers what is left of its output. */
  isOrphaned: boolean;
}

/**
 * The attachments of one connection, at most 256 and at most one per session: who may act, whose turn it is to send, and
 * which news have to wait for the last byte. A number is never used twice.
 */
export class Channels {
  readonly #options: ChannelsOptions;
  readonly #channels = new Map<number, Channel>();
  readonly #attaching = new Set<string>();
  /** News of an end, at most two per session, for a client that has not been sent the end of its output. */
  readonly #held = new Map<string, SessionEvent[]>();
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
    this.#attaching.add(command.sessionId);
    try {
      return await this.#attach(command, signal);
    } finally {
      this.#attaching.delete(command.sessionId);
    }
  }

  /** Begins to deliver; called once the answer to `attach` was sent, because the frames of a channel follow it. */
  start(channel: number): void {
    this.#channels.get(channel)?.subscription.start();
  }

  /** Gives up an attachment whose answer was never sent: nobody could ever hear of it, and it would hold the session up. */
  dropUnstarted(sessionId: string): void {
    const channel = this.#of(sessionId);
    if (channel !== undefined && !channel.subscription.started) this.#drop(channel);
  }

  /** Ends an attachment and says how far it got. @throws ProtocolError when there is none. */
  detach(sessionId: string): ResponseDataOf<'detach'> {
    const entry = this.#of(sessionId);
    if (entry === undefined)
      throw new ProtocolError('INVALID_STATE', 'Cannot detach: this connection is not attached to the session');
    const { channel, offset } = entry.subscription;
    this.#drop(entry);
    this.#release(sessionId);
    return { sessionId, channel, offset };
  }

  /** @throws ProtocolError when the connection is attached to the session as an observer. */
  assertMayDrive(sessionId: string): void {
    const channel = this.#of(sessionId);
    if (channel?.role === 'observer' && !channel.isOrphaned) {
      throw new ProtocolError('FORBIDDEN', 'Cannot drive the session: this connection attached to it as an observer');
    }
  }

  /** Takes a client's frame. @throws ProtocolError when it makes no sense or cannot be taken. */
  frame(frame: InputFrame | AckFrame): void {
    const subscription = this.#channels.get(frame.channel)?.subscription;
    if (subscription === undefined) {
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
   * Holds an event back if it tells of an end that the client has not read up to yet; it is due after the last byte, or
   * once the attachment is over.
   * @returns whether it is held.
   */
  holds(event: SessionEvent): boolean {
    const { type } = event.event;
    if ((type !== 'pty.stopped' && type !== 'session_deleted') || !this.#awaitsEnd(event.sessionId)) return false;
    this.#held.set(event.sessionId, [...(this.#held.get(event.sessionId) ?? []), event]);
    if (type === 'session_deleted') this.#of(event.sessionId)!.isOrphaned = true;
    return true;
  }

  /** Lets go of a session that is gone, so that a new one of the same id meets no trace of it. */
  forget(sessionId: string): void {
    const channel = this.#of(sessionId);
    if (channel !== undefined) this.#drop(channel);
  }

  /** Ends every attachment; none can be made afterwards. Idempotent. */
  close(): void {
    this.#closed = true;
    for (const channel of [...this.#channels.values()]) this.#drop(channel);
    this.#held.clear();
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

  async #attach(command: Command<'attach'>, signal: AbortSignal): Promise<ResponseDataOf<'attach'>> {
    const { transport, host, onAttached } = this.#options;
    const { sessionId } = command;
    let subscription: Subscription | undefined;
    const attachment = await host.attach(command, {
      onReadable: () => subscription?.pump(),
      onInputDrained: () => subscription?.acknowledgeInput(),
    });
    if (this.#closed || signal.aborted) {
      attachment.close();
      throw signal.reason ?? new ProtocolError('CANCELLED', 'Cannot attach: the connection has ended');
    }
    const channel = this.#nextChannel++;
    subscription = new Subscription(transport, attachment, {
      channel,
      windowBytes: attachment.info.window,
      onEnd: () => this.#release(sessionId),
    });
    this.#channels.set(channel, { subscription, sessionId, role: attachment.info.role, isOrphaned: false });
    onAttached(sessionId);
    return { channel, ...attachment.info };
  }

  #drop({ subscription, sessionId }: Channel): void {
    subscription.close();
    this.#channels.delete(subscription.channel);
    this.#options.onDetached(sessionId);
  }

  #release(sessionId: string): void {
    if (this.#awaitsEnd(sessionId)) return;
    const held = this.#held.get(sessionId) ?? [];
    this.#held.delete(sessionId);
    for (const event of held) this.#options.onDue(event);
  }

  #awaitsEnd(sessionId: string): boolean {
    return this.#of(sessionId)?.subscription.ended === false;
  }

  #of(sessionId: string): Channel | undefined {
    for (const channel of this.#channels.values()) if (channel.sessionId === sessionId) return channel;
    return undefined;
  }
}
