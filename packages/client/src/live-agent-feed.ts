import { type EventMessage, isEventOf, ProtocolError } from '@sessiond/protocol/client';
import type { AgentFeed, FeedItem, FeedSnapshot } from './agent-feed.ts';
import type { AttachmentInfo } from './attachment.ts';
import type { Connection } from './connection.ts';
import { FeedQueue } from './feed-queue.ts';
import { HandOut } from './hand-out.ts';
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
  readonly #handOut: HandOut<FeedItem>;
  #info: AttachmentInfo;
  #status: FeedSnapshot['status'] = 'live';
  #received: number;
  #taken: number;
  #resumes = 0;
  #endArrived = false;
  #hasLetGo = false;

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
    this.#handOut = new HandOut(
      {
        take: () => this.#take(),
        onTaken: (item) => this.#onTaken(item),
        onBroken: (reason) => {
          this.#queue.clear();
          void this.#leave();
          this.#close('failed', reason);
        },
        onLeft: () => this.detach(),
      },
      { names: { whole: 'feed', item: 'event' }, signal: request.signal },
    );
    this.done = this.#handOut.done;
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
    this.#handOut.wake();
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
    return this.#handOut.iterate();
  }

  get #isOver(): boolean {
    return this.#status === 'ended' || this.#status === 'detached' || this.#status === 'failed';
  }

  /** The session was over already when it was attached to: nothing follows what it has said. */
  #noteEnd(): void {
    if (this.#info.state === 'stopped' && this.#received >= this.#info.end) this.#endArrived = true;
  }

  #endIfRead(): void {
    if (!this.#endArrived || this.#queue.length > 0) return;
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
    this.#queue.push(item, chars);
    this.#handOut.wake();
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

  #take(): FeedItem | undefined {
    const item = this.#queue.shift();
    if (item === undefined) this.#endIfRead();
    else this.#comeBack();
    return item;
  }

  #onTaken(item: FeedItem): void {
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
    if (status === 'detached') this.#queue.clear();
    this.#owner.onOver(this);
    if (status === 'failed') this.#handOut.fail(failure);
    else this.#handOut.end();
  }
}
