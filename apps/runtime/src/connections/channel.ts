import type { Command } from '@sessiond/protocol';
import type { SessionEvent } from '../sessions/session-host.ts';
import type { Subscription } from './subscription.ts';

/**
 * One session's way to the client: what it is wanted for, what delivers, and the news that have to wait for the last byte.
 *
 * It belongs to one life of the session's id. Once that session is deleted the channel is an orphan: it delivers what is left of the output, and has
 * nothing to do with a later session of the same id.
 */
export class Channel {
  readonly sessionId: string;
  /** Unique among all the connection ever had. */
  number: number;
  subscription: Subscription;
  /** What the attachment was asked for with; `undefined` while an agent is only followed. */
  command: Command<'attach'> | undefined;
  /** Whether that was answered. */
  isAnnounced = false;
  /** Which command the client was or will be told of what comes now by: delivery begins with the answer to that one. */
  opener: 'attach' | 'follow' = 'attach';
  /** Whether the events of an agent are wanted for themselves, too. */
  isFollowed = false;
  isOrphaned = false;
  /** Whether it is an agent's events that come this way. */
  isOfEvents = false;
  /** News of the end, by type: a handful. */
  #held: Map<string, SessionEvent> | undefined;

  constructor(sessionId: string, number: number, subscription: Subscription) {
    this.sessionId = sessionId;
    this.number = number;
    this.subscription = subscription;
  }

  get isAttached(): boolean {
    return this.command !== undefined;
  }

  /** Keeps news of the end until the client has been sent the end of the output. @returns whether it has not, so that they are kept. */
  hold(event: SessionEvent): boolean {
    if (this.subscription.ended) return false;
    this.#held ??= new Map();
    this.#held.set(event.event.type, event);
    return true;
  }

  /** What was held, in the order in which it came; nothing is held afterwards. */
  release(): SessionEvent[] {
    const due = [...(this.#held?.values() ?? [])];
    this.#held = undefined;
    return due;
  }
}
