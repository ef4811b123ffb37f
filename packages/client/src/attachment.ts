import type { ResponseDataOf } from '@sessiond/protocol/client';
import type { Chunk } from './chunk.ts';

/** What the daemon answered to the attach that is current: size, state and range of the session at that moment. */
export type AttachmentInfo = ResponseDataOf<'attach'>;

/** How to read and drive one session. */
export interface AttachOptions {
  /** Where to begin: the oldest byte kept (`start`, the default), only what comes (`now`), or an absolute offset. */
  readonly from?: number | 'start' | 'now' | undefined;
  /** The stream that a numeric `from` belongs to; another one is refused with `INVALID_STATE`. */
  readonly streamId?: string | undefined;
  /** Bytes that may be on their way or waiting unread; 1 to 64 MiB, default 512 KiB. */
  readonly windowBytes?: number | undefined;
  /** A `driver` (default) may type, resize and signal, an `observer` only reads. */
  readonly role?: 'driver' | 'observer' | undefined;
  /**
   * Takes the chunks instead of iteration, one at a time: the next comes when the promise it returned has settled.
   * An error it throws ends the attachment and rejects `done`.
   */
  readonly onChunk?: ((chunk: Chunk) => void | Promise<void>) | undefined;
  /** Aborting detaches; iteration and `done` reject with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** The state of an attachment as plain JSON. */
export interface AttachmentSnapshot {
  readonly sessionId: string;
  readonly streamId: string;
  readonly status: 'live' | 'resuming' | 'ended' | 'detached' | 'failed';
  readonly offset: number;
  readonly received: number;
  readonly acknowledged: number;
  readonly waitingBytes: number;
  readonly pendingInputBytes: number;
  readonly resumes: number;
}

/**
 * One reader's (and perhaps writer's) hold on a session; survives lost connections.
 *
 * Yields the output from `from` on as one unbroken stream of chunks: every byte exactly once and in order, or an
 * explicit gap. After a lost connection it attaches again where it was, with the same `streamId`; the caller sees
 * nothing of it. It fails when the session or its stream is gone, or when the client gave up reconnecting.
 *
 * Iterate it once: `for await` takes chunks, and asking for the next one means that the last one is dealt with, which
 * is when it gets acknowledged. Leaving the loop detaches. Memory: at most `windowBytes` wait unread, and for as long
 * as they have waited across a reconnect, at most twice that.
 */
export interface Attachment extends AsyncIterable<Chunk> {
  readonly sessionId: string;
  /** The life of the output that all offsets here belong to. */
  readonly streamId: string;
  /** Everything before this offset was taken by the consumer. With `streamId` it resumes the stream in another process. */
  readonly offset: number;
  /** The answer to the last attach. */
  readonly info: AttachmentInfo;
  /** Resolves when the stream has ended or was detached, rejects when it failed; never an unhandled rejection. */
  readonly done: Promise<void>;
  /**
   * Types `bytes` into the terminal. Resolves when this machine's socket took the last of them, which is no proof of
   * receipt. Order is kept, and at most 64 KiB are under way that the terminal has not taken, so that awaiting it
   * slows a writer down to the pace of the program.
   *
   * Input is never sent twice: a write that was under way when the connection was lost rejects with
   * `CONNECTION_LOST`, and some, all or none of it may have arrived; so does one made while the attachment resumes,
   * of which nothing was sent. Rejects with `ATTACHMENT_STATE` for an observer or when the attachment is over,
   * `CLIENT_LIMIT` when more than 8 MiB wait to be sent. What the daemon refuses after receipt, for example because
   * several writers filled the program's input queue, goes to the client's `onFault` listeners, rejects the writes that
   * wait, and makes the attachment resume. The command `input` is the way with an answer.
   * `bytes` may be reused once the promise has settled.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Gives the attachment up; the session goes on. Idempotent, never throws, and needs no connection. */
  detach(): Promise<void>;
  snapshot(): AttachmentSnapshot;
}
