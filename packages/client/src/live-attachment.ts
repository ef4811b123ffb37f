import { encodeFrame, type Frame, type ProtocolError } from '@sessiond/protocol/client';
import type { Attachment, AttachmentInfo, AttachmentSnapshot } from './attachment.ts';
import type { Chunk } from './chunk.ts';
import { ChunkQueue } from './chunk-queue.ts';
import type { Connection } from './connection.ts';
import { AttachmentStateError, ProtocolViolationError } from './errors.ts';
import { HandOut } from './hand-out.ts';
import { InputSender } from './input-sender.ts';
import { ReceiveWindow } from './receive-window.ts';
import type { Resumable } from './resumption.ts';

/** What one attach asks for, with every default filled in. */
export interface AttachRequest {
  readonly sessionId: string;
  readonly windowBytes: number;
  readonly role: 'driver' | 'observer';
  readonly onChunk: ((chunk: Chunk) => void | Promise<void>) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What an attachment tells the client that made it. */
export interface AttachmentOwner {
  /** It needs no connection any more; called once. */
  onOver(attachment: LiveAttachment): void;
  /** Asks the daemon to give the channel up; settles in bounded time and never rejects. */
  detach(sessionId: string): Promise<void>;
  /** Attaches it again at its resume point, if it still needs that. */
  resume(attachment: LiveAttachment): void;
}

type Status = AttachmentSnapshot['status'];

/**
 * The {@link Attachment} a client hands out.
 *
 * ```
 *           lost()            end taken
 *   live ──────────→ resuming    ┌─────→ ended
 *     ↑ ←─────────────┘ resume() │
 *     └──────────────────────────┼─────→ detached   detach(), leaving the loop
 *                                └─────→ failed     fail()
 * ```
 */
export class LiveAttachment implements Attachment, Resumable {
  readonly sessionId: string;
  readonly streamId: string;
  readonly done: Promise<void>;
  readonly #request: AttachRequest;
  readonly #owner: AttachmentOwner;
  readonly #window: ReceiveWindow;
  readonly #queue = new ChunkQueue();
  readonly #input = new InputSender();
  readonly #handOut: HandOut<Chunk>;
  #info: AttachmentInfo;
  #connection: Connection | undefined;
  #status: Status = 'live';
  #endArrived = false;
  #resumes = 0;

  constructor(request: AttachRequest, owner: AttachmentOwner, connection: Connection, info: AttachmentInfo) {
    this.sessionId = request.sessionId;
    this.streamId = info.streamId;
    this.#request = request;
    this.#owner = owner;
    this.#info = info;
    this.#window = new ReceiveWindow(request.windowBytes, info.from);
    this.#handOut = new HandOut(
      {
        take: () => this.#queue.shift(),
        onTaken: (chunk) => this.#onTaken(chunk),
        onBroken: (reason) => {
          this.#queue.clear();
          this.#abandon(reason);
        },
        onLeft: () => this.detach(),
      },
      { names: { whole: 'attachment', item: 'chunk' }, onItem: request.onChunk, signal: request.signal },
    );
    this.done = this.#handOut.done;
    this.#bind(connection, info);
  }

  get offset(): number {
    return this.#window.taken;
  }

  get info(): AttachmentInfo {
    return this.#info;
  }

  /** Whether a new connection has to attach it again. */
  get needsResume(): boolean {
    return this.#status === 'resuming';
  }

  /** The fields of the `attach` that continues this stream. */
  get resumePoint(): {
    sessionId: string;
    from: number;
    streamId: string;
    window: number;
    role: 'driver' | 'observer';
  } {
    const { sessionId, windowBytes, role } = this.#request;
    return { sessionId, from: this.#window.received, streamId: this.streamId, window: windowBytes, role };
  }

  /** The connection is gone. What waits is kept up to one window; the rest will be asked for again. */
  lost(cause: Error): void {
    this.#connection = undefined;
    this.#input.unbind(cause);
    if (this.#status !== 'live' || this.#endArrived) return;
    this.#status = 'resuming';
    this.#window.resume(this.#queue.truncate(this.#request.windowBytes) ?? this.#window.received);
  }

  /** Continues on a new connection that answered an attach at {@link resumePoint}. */
  resume(connection: Connection, info: AttachmentInfo): void {
    this.#info = info;
    this.#status = 'live';
    this.#resumes += 1;
    this.#bind(connection, info);
  }

  /** The client cannot go on with it. What has arrived is still delivered; a stream that arrived whole does not fail. */
  fail(error: unknown): void {
    if (!this.#endArrived) this.#close('failed', error);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#request.role === 'observer') {
      return Promise.reject(new AttachmentStateError('Cannot write input: this attachment observes'));
    }
    if (this.#endArrived || (this.#status !== 'live' && this.#status !== 'resuming')) {
      const status = this.#endArrived ? 'ended' : this.#status;
      return Promise.reject(new AttachmentStateError(`Cannot write input: the attachment is ${status}`));
    }
    return this.#input.write(bytes);
  }

  async detach(): Promise<void> {
    if (this.#status !== 'live' && this.#status !== 'resuming') return;
    const left = this.#leave();
    this.#close('detached');
    await left;
  }

  snapshot(): AttachmentSnapshot {
    return {
      sessionId: this.sessionId,
      streamId: this.streamId,
      status: this.#status,
      offset: this.#window.taken,
      received: this.#window.received,
      acknowledged: this.#window.acknowledged,
      waitingBytes: this.#queue.bytes,
      pendingInputBytes: this.#input.pendingBytes,
      resumes: this.#resumes,
    };
  }

  [Symbol.asyncIterator](): AsyncIterator<Chunk> {
    return this.#handOut.iterate();
  }

  #bind(connection: Connection, info: AttachmentInfo): void {
    this.#connection = connection;
    this.#window.grant(Math.min(info.window, this.#request.windowBytes));
    const { maxMessageBytes } = connection.server.limits;
    this.#input.bind(info.channel, maxMessageBytes, (frame, onTaken) => connection.sendFrame(frame, onTaken));
    connection.bind(info.channel, {
      onFrame: (frame) => this.#receive(frame),
      onFault: (fault) => this.#onInputRefused(fault),
    });
  }

  #receive(frame: Frame): void {
    if (frame.kind === 'ack') {
      this.#input.acknowledge(frame.offset);
      return;
    }
    try {
      this.#queue.push(this.#accept(frame));
      this.#handOut.wake();
    } catch (error) {
      this.#abandon(error);
    }
  }

  /**
   * The daemon dropped a frame of input and with it every later one, because their count no longer fits. Attaching
   * again starts a new count; the output goes on where it was.
   */
  #onInputRefused(fault: ProtocolError): void {
    this.#input.unbind(fault);
    const left = this.#leave();
    this.lost(fault);
    void left.then(() => this.#owner.resume(this));
  }

  #accept(frame: Frame): Chunk {
    switch (frame.kind) {
      case 'output':
        this.#window.receiveBytes(frame.offset, frame.payload.length);
        return { kind: 'bytes', offset: frame.offset, bytes: frame.payload, replay: frame.replay };
      case 'gap':
        this.#window.receiveGap(frame.from, frame.to);
        return { kind: 'gap', from: frame.from, to: frame.to };
      case 'end':
        this.#window.receiveEnd(frame.offset);
        this.#endArrived = true;
        return { kind: 'end', offset: frame.offset };
      default:
        throw new ProtocolViolationError(`Cannot accept frame of kind ${frame.kind}: only clients send it`);
    }
  }

  #onTaken(chunk: Chunk): void {
    const offset =
      chunk.kind === 'bytes' ? chunk.offset + chunk.bytes.length : chunk.kind === 'gap' ? chunk.to : chunk.offset;
    this.#acknowledge(this.#window.take(offset, chunk.kind === 'bytes' ? chunk.bytes.length : 0));
    if (chunk.kind !== 'end') return;
    // The daemon keeps a channel after its end; given up, the session can be attached again.
    void this.#leave();
    this.#close('ended');
  }

  #acknowledge(offset: number | undefined): void {
    // After the end there is nothing left that an acknowledgement could make room for, and the channel may be gone.
    if (offset === undefined || this.#connection === undefined || this.#endArrived) return;
    this.#connection.sendFrame(encodeFrame({ kind: 'ack', channel: this.#info.channel, offset }));
  }

  /** Gives the channel up, if there is one. */
  #leave(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined || connection.isClosed) return Promise.resolve();
    const { channel } = this.#info;
    this.#acknowledge(this.#window.acknowledge());
    connection.unbind(channel);
    this.#connection = undefined;
    this.#input.unbind(new AttachmentStateError('Cannot write input: the attachment was given up'));
    return this.#owner.detach(this.sessionId);
  }

  #abandon(error: unknown): void {
    const left = this.#leave();
    this.#close('failed', error);
    void left;
  }

  #close(status: 'ended' | 'detached' | 'failed', failure?: unknown): void {
    if (this.#status !== 'live' && this.#status !== 'resuming') return;
    this.#status = status;
    this.#connection?.unbind(this.#info.channel);
    this.#connection = undefined;
    this.#input.unbind(new AttachmentStateError(`Cannot write input: the attachment is ${status}`));
    if (status === 'detached') this.#queue.clear();
    this.#owner.onOver(this);
    if (status === 'failed') this.#handOut.fail(failure);
    else this.#handOut.end();
  }
}
