import { encodeFrame, FRAME_HEADER_BYTES } from '@sessiond/protocol/client';
import { ClientLimitError, ConnectionLostError } from './errors.ts';

/** Where frames go; `onTaken` is called when the operating system has taken one, or with an error when it never will. */
export type SendFrame = (frame: Uint8Array, onTaken: (error?: Error) => void) => void;

/** One write that is not wholly sent yet. */
interface Waiting {
  readonly bytes: Uint8Array;
  at: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Small enough for a keystroke to overtake nothing much. */
const PAYLOAD_BYTES = 16_384;
/** What may be under way to the terminal; the daemon acknowledges at the latest when 16 KiB were taken. */
const WINDOW_BYTES = 65_536;
const MAX_PENDING_BYTES = 8 * 1024 * 1024;

/**
 * Sends the input of one attachment in order, and no faster than the terminal takes it.
 *
 * The daemon acknowledges input that the program's terminal has taken; at most 64 KiB are under way without that, so
 * a program that does not read stops the writer instead of overflowing the daemon's queue. Nothing is ever sent twice.
 */
export class InputSender {
  readonly #waiting: Waiting[] = [];
  #send: SendFrame | undefined;
  #channel = 0;
  #payloadBytes = PAYLOAD_BYTES;
  #sent = 0;
  #acknowledged = 0;
  #pendingBytes = 0;

  /** Bytes of writes that have not settled. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Begins on a channel; its count of input starts at 0. A frame has at most `maxFrameBytes`. */
  bind(channel: number, maxFrameBytes: number, send: SendFrame): void {
    this.#channel = channel;
    this.#payloadBytes = Math.max(Math.min(PAYLOAD_BYTES, maxFrameBytes - FRAME_HEADER_BYTES), 1);
    this.#send = send;
    this.#sent = 0;
    this.#acknowledged = 0;
  }

  /** The channel is gone: what was not wholly sent rejects with `error`. */
  unbind(error: Error): void {
    this.#send = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /**
   * Resolves when the operating system took the last byte. `bytes` may be reused then.
   * Rejects with `CLIENT_LIMIT` when more than 8 MiB would wait, with `CONNECTION_LOST` without a channel.
   */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#send === undefined) {
      return Promise.reject(new ConnectionLostError('Cannot write input: the connection is lost, nothing was sent'));
    }
    if (this.#pendingBytes + bytes.length > MAX_PENDING_BYTES) {
      const waiting = this.#pendingBytes.toLocaleString('en-US');
      return Promise.reject(
        new ClientLimitError(`Cannot write input: ${waiting} bytes wait to be sent, the limit is 8,388,608`),
      );
    }
    if (bytes.length === 0) return Promise.resolve();
    this.#pendingBytes += bytes.length;
    const written = new Promise<void>((resolve, reject) => {
      this.#waiting.push({ bytes, at: 0, resolve, reject });
      this.#pump();
    });
    return written.finally(() => {
      this.#pendingBytes -= bytes.length;
    });
  }

  /** The terminal has taken everything before `offset`. */
  acknowledge(offset: number): void {
    this.#acknowledged = Math.min(Math.max(this.#acknowledged, offset), this.#sent);
    this.#pump();
  }

  #pump(): void {
    for (let write = this.#waiting[0]; write !== undefined && this.#send !== undefined; write = this.#waiting[0]) {
      const credit = WINDOW_BYTES - (this.#sent - this.#acknowledged);
      if (credit === 0) return;
      const payload = write.bytes.subarray(write.at, write.at + Math.min(this.#payloadBytes, credit));
      const frame = encodeFrame({ kind: 'input', channel: this.#channel, offset: this.#sent, payload });
      write.at += payload.length;
      this.#sent += payload.length;
      const isWhole = write.at === write.bytes.length;
      if (isWhole) this.#waiting.shift();
      this.#send(frame, isWhole ? settle(write) : () => {});
    }
  }
}

function settle({ resolve, reject }: Waiting): (error?: Error) => void {
  return (error) => {
    if (error === undefined) resolve();
    else {
      const message = 'Cannot write input: the connection was lost, all, some or none of it may have arrived';
      reject(new ConnectionLostError(message, { cause: error }));
    }
  };
}
