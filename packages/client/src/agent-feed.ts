import type { KnownEvent } from '@sessiond/protocol/client';
import type { AttachmentInfo } from './attachment.ts';

/** An event of the session's log. */
export interface FeedEvent {
  readonly kind: 'event';
  /** Its number in the log; the next item has a higher one. */
  readonly seq: number;
  /** RFC 3339 with milliseconds; of a piece of a text, when that text began. */
  readonly timestamp: string;
  /** The id of the command that caused it. */
  readonly correlationId?: string | undefined;
  readonly event: KnownEvent;
  /** Whether it happened before this feed began. */
  readonly replay: boolean;
}

/** Events that the daemon no longer has: `from` is the first missing one, `to` the first that follows. */
export interface FeedGap {
  readonly kind: 'gap';
  readonly from: number;
  readonly to: number;
}

/** One step of a feed. */
export type FeedItem = FeedEvent | FeedGap;

/** How the events of an agent session are followed. */
export interface FollowOptions {
  /** Where to begin: the oldest event kept (`start`, the default), only what comes (`now`), or the number of an event. */
  readonly from?: number | 'start' | 'now' | undefined;
  /** The life of the log that a numeric `from` belongs to; another one is refused with `INVALID_STATE`. */
  readonly streamId?: string | undefined;
  /** A connection that follows as `observer` may not prompt, steer or answer; default `driver`. */
  readonly role?: 'driver' | 'observer' | undefined;
  /** Characters of events that may wait unread, 1 to 64 Mi; default 1 Mi. What is more waits in the daemon's log. */
  readonly maxWaitingChars?: number | undefined;
  /** Aborting detaches; iteration and `done` reject with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The state of a feed as plain JSON. */
export interface FeedSnapshot {
  readonly sessionId: string;
  readonly streamId: string;
  /** `waiting`: so much is unread that the daemon keeps the rest; `resuming`: the connection is away. */
  readonly status: 'live' | 'waiting' | 'resuming' | 'ended' | 'detached' | 'failed';
  readonly seq: number;
  readonly received: number;
  readonly waitingEvents: number;
  readonly waitingChars: number;
  readonly resumes: number;
}

/**
 * One reader's hold on the events of an agent session; survives lost connections.
 *
 * Yields the numbered events of the session from `from` on, each exactly once and in order, or an explicit gap. After a lost connection it
 * attaches again where it was, in the same `streamId`; the caller sees nothing of it. It ends behind `agent_stopped`, the last event of an
 * agent, or, of a session that was over when it was attached to, behind what is kept of it; it fails when the session is deleted before or has another log, or when the client gave up reconnecting. The output of `bash`
 * is not numbered and not part of it: `Client.onEvent` hears it.
 *
 * Iterate it once: asking for the next item means that the last one is dealt with, and leaving the loop detaches. Nobody has to read in
 * time: when `maxWaitingChars` are reached, the feed lets go of the session and comes back to it once half of them are read, so that what
 * lies between waits in the daemon's log, which is bounded and tells what it had to forget as a gap. Requests are answered meanwhile.
 */
export interface AgentFeed extends AsyncIterable<FeedItem> {
  readonly sessionId: string;
  /** The life of the log that all numbers here belong to. */
  readonly streamId: string;
  /** Number of the first event that the consumer has not taken. With `streamId` it resumes the feed in another process. */
  readonly seq: number;
  /** The answer to the last attach; its offsets are numbers of events. */
  readonly info: AttachmentInfo;
  /** Resolves when the feed has ended or was detached, rejects when it failed; never an unhandled rejection. */
  readonly done: Promise<void>;
  /** Gives the feed up; the session goes on. Idempotent, never throws, and needs no connection. */
  detach(): Promise<void>;
  snapshot(): FeedSnapshot;
}
