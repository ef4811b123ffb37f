import { type EventMessage, isEventOf, ProtocolError } from '@sessiond/protocol/client';
import type { AgentFeed, FeedItem, FeedSnapshot } from './agent-feed.ts';
import type { AttachmentInfo } from './attachment.ts';
import type { Connection } from './connection.ts';
import { AttachmentStateError } from './errors.ts';
import { FeedQueue } from './feed-queue.ts';
import type { Resumable } from './resumption.ts';

/** What one follow asks for, with every default filled in. */
export interface FollowRequest {
  readonly sessionId: string;
  readonly role: 'driver' | 'observer';
  readonly maxWaitingChars: number;
  readonly signal: AbortSignal | undefined;
}

/** What a feed tells the client that made it. */
export interface FeedOwner {
  /** It needs no connection any more; called once. */
  onOver(feed: LiveAgentFeed): void;
  /** Asks the daemon to send no more; settles in bounded time and never rejects. */
  detach(sessionId: string): Promise<void>;
  /** Attaches it again at its resume point, if it still needs that. */
  resume(feed: LiveAgentFeed): void;
}

/** Who waits for the next item. */
interface Waiter {
  readonly resolve: (result: IteratorResult<FeedItem>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The {@link AgentFeed} a client hands out.
 *
 * ```
 *           lost()
 *   live ──────────→ resuming ←─┐           ┌──→ ended      agent_stopped, or all of a stopped session, read
 *    │ ←───resume()───┘         │           ├──→ detached   detach(), leaving the loop
 *    └──too much unread──→ waiting ─────────┴──→ failed     fail(), session deleted
 *                          (half of it read)
 * ```
 */
export class LiveAgentFeed implements AgentFeed, Resumable {
  readonly sessionId: string;
  readonly streamId: string;
  readonly done: Promise<void>;
  readonly #request: FollowRequest;
  readonly #owner: FeedOwner;
  readonly #queue = new FeedQueue();
  /** Events with a lower number were there before the feed. */
  readonly #liveFrom: number;
  #finish!: { readonly resolve: () => void; readonly reject: (error: unknown) => void };
  #info: AttachmentInfo;
  #status: FeedSnapshot['status'] = 'live';
  #failure: unknown;
  #received: number;
  #taken: number;
  #resumes = 0;
  #endArrived = false;
  /** The item the consumer works on: handed out, not yet taken. */
  #handed: FeedItem | undefined;
  #waiter: Waiter | undefined;
  #iterated = false;
  #hasLetGo = false;
  #onAbort: (() => void) | undefined;

  constructor(request: FollowRequest, owner: FeedOwner, info: AttachmentInfo) {
    this.sessionId = request.sessionId;
    this.streamId = info.streamId;
    this.#request = request;
    this.#owner = owner;
    this.#info = info;
    this.#liveFrom = info.end;
    this.#received = info.from;
    this.#taken = info.from;
    this.#noteEnd();
    this.done = new Promise<void>((resolve, reject) => {
      this.#finish = { resolve, reject };
    });
    // Somebody who only iterates learns of the failure there.
    this.done.catch(() => {});
    const { signal } = request;
    if (signal === undefined) return;
    this.#onAbort = () => {
      this.#queue.clear();
      this.#leave();
      this.#close('failed', signal.reason);
    };
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  get seq(): number {
    return this.#taken;
  }

  get info(): AttachmentInfo {
    return this.#info;
  }

  get needsResume(): boolean {
    return this.#status === 'resuming';
  }

  get resumePoint(): { sessionId: string; from: number; streamId: string; window: 0; role: FollowRequest['role'] } {
    const { sessionId, role } = this.#request;
    return { sessionId, from: this.#received, streamId: this.streamId, window: 0, role };
  }

  lost(): void {
    if (this.#status === 'live' && !this.#endArrived) this.#status = 'resuming';
  }

  resume(_connection: Connection, info: AttachmentInfo): void {
    this.#info = info;
    this.#status = 'live';
    this.#resumes += 1;
    this.#noteEnd();
    if (this.#waiter !== undefined) this.#endIfRead();
  }

  fail(error: unknown): void {
    if (!this.#endArrived) this.#close('failed', error);
  }

  /** Takes an event of any session from the connection; `chars` is its size on the wire. */
  receive(message: EventMessage, chars: number): void {
    if (isEventOf(message, 'session_deleted') && message.event.sessionId === this.sessionId) {
      this.fail(new ProtocolError('SESSION_NOT_FOUND', 'Cannot go on following: the session was deleted'));
    }
    if (this.#status !== 'live' || this.#endArrived || message.sessionId !== this.sessionId) return;
    if (isEventOf(message, 'events_gap')) {
      this.#skip(message.event.to);
      this.#noteEnd();
    }
    if (message.seq === undefined || message.seq < this.#received) return;
    // A hole that was not announced is one all the same.
    this.#skip(message.seq);
    const { seq, timestamp, correlationId, event } = message;
    this.#received = seq + 1;
    this.#endArrived = event.type === 'agent_stopped';
    this.#noteEnd();
    this.#deliver({ kind: 'event', seq, timestamp, correlationId, event, replay: seq < this.#liveFrom }, chars);
    if (this.#queue.chars > this.#request.maxWaitingChars && !this.#endArrived) this.#letGo();
  }

  async detach(): Promise<void> {
    if (this.#isOver) return;
    const left = this.#leave();
    this.#close('detached');
    await left;
  }

  snapshot(): FeedSnapshot {
    return {
      sessionId: this.sessionId,
      streamId: this.streamId,
      status: this.#status,
      seq: this.#taken,
      received: this.#received,
      waitingEvents: this.#queue.length,
      waitingChars: this.#queue.chars,
      resumes: this.#resumes,
    };
  }

  [Symbol.asyncIterator](): AsyncIterator<FeedItem> {
    if (this.#iterated) throw new AttachmentStateError('Cannot iterate feed: it already has a reader');
    this.#iterated = true;
    return {
      next: () => this.#next(),
      return: async () => {
        this.#takeHanded();
        await this.detach();
        return { done: true, value: undefined };
      },
    };
  }

  get #isOver(): boolean {
    return this.#status === 'ended' || this.#status === 'detached' || this.#status === 'failed';
  }

  /** The session was over already when it was attached to: nothing follows what it has said. */
  #noteEnd(): void {
    if (this.#info.state === 'stopped' && this.#received >= this.#info.end) this.#endArrived = true;
  }

  #endIfRead(): void {
    if (!this.#endArrived || this.#queue.length > 0 || this.#handed !== undefined) return;
    void this.#leave();
    this.#close('ended');
  }

  #skip(to: number): void {
    if (to <= this.#received) return;
    const from = this.#received;
    this.#received = to;
    this.#deliver({ kind: 'gap', from, to }, 0);
  }

  #deliver(item: FeedItem, chars: number): void {
    const waiter = this.#waiter;
    if (waiter === undefined) {
      this.#queue.push(item, chars);
      return;
    }
    this.#waiter = undefined;
    this.#handed = item;
    waiter.resolve({ done: false, value: item });
  }

  /** What waits is enough: the daemon keeps the rest. What is on its way already is dropped here and asked for again. */
  #letGo(): void {
    this.#status = 'waiting';
    this.#hasLetGo = false;
    void this.#owner.detach(this.sessionId).then(() => {
      this.#hasLetGo = true;
      this.#comeBack();
    });
  }

  #comeBack(): void {
    if (this.#status !== 'waiting' || !this.#hasLetGo) return;
    if (this.#queue.chars > this.#request.maxWaitingChars / 2) return;
    this.#status = 'resuming';
    this.#owner.resume(this);
  }

  #next(): Promise<IteratorResult<FeedItem>> {
    if (this.#waiter !== undefined) {
      return Promise.reject(new AttachmentStateError('Cannot take the next event: the one before is still awaited'));
    }
    this.#takeHanded();
    const item = this.#queue.shift();
    if (item !== undefined) {
      this.#handed = item;
      this.#comeBack();
      return Promise.resolve({ done: false, value: item });
    }
    this.#endIfRead();
    if (this.#status === 'failed') return Promise.reject(this.#failure);
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
  }

  /** The consumer is done with the item it was given. */
  #takeHanded(): void {
    const item = this.#handed;
    if (item === undefined) return;
    this.#handed = undefined;
    this.#taken = item.kind === 'gap' ? item.to : item.seq + 1;
    this.#endIfRead();
  }

  /** Gives the place on the daemon up, if there is one. */
  #leave(): Promise<void> {
    return this.#status === 'live' ? this.#owner.detach(this.sessionId) : Promise.resolve();
  }

  #close(status: 'ended' | 'detached' | 'failed', failure?: unknown): void {
    if (this.#isOver) return;
    this.#status = status;
    this.#failure = failure;
    if (this.#onAbort !== undefined) this.#request.signal?.removeEventListener('abort', this.#onAbort);
    if (status === 'detached') this.#queue.clear();
    this.#owner.onOver(this);
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (status === 'failed') {
      waiter?.reject(failure);
      this.#finish.reject(failure);
    } else {
      waiter?.resolve({ done: true, value: undefined });
      this.#finish.resolve();
    }
  }
}
