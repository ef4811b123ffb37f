import { ProtocolViolationError } from './errors.ts';

/**
 * Where one reader is in an output stream: what has arrived, what the consumer took, what was acknowledged.
 *
 * A chunk counts as taken when the consumer is done with it, and only then is it acknowledged, once per half window.
 * Unacknowledged bytes stay within the window, so that a server that ignores the window is caught instead of filling
 * memory. Gaps move the offsets without using the window up.
 */
export class ReceiveWindow {
  #windowBytes: number;
  #received: number;
  #taken: number;
  #acknowledged: number;
  /** Bytes that arrived and are not acknowledged; unlike the offsets, not moved by gaps. */
  #inFlightBytes = 0;
  #takenBytes = 0;

  constructor(windowBytes: number, from: number) {
    this.#windowBytes = windowBytes;
    this.#received = from;
    this.#taken = from;
    this.#acknowledged = from;
  }

  /** The offset the next chunk has to start at. */
  get received(): number {
    return this.#received;
  }

  /** Everything before this offset has been taken by the consumer. */
  get taken(): number {
    return this.#taken;
  }

  /** Everything before this offset has been acknowledged, or was claimed as received by a resume. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Bytes that arrived and are not acknowledged. */
  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  /** Accounts for arriving bytes. @throws ProtocolViolationError when they do not continue the stream or exceed the window. */
  receiveBytes(offset: number, bytes: number): void {
    this.#requireContinuation('output', offset);
    if (this.#inFlightBytes + bytes > this.#windowBytes) {
      throw new ProtocolViolationError(
        `Cannot accept output: ${count(this.#inFlightBytes + bytes)} bytes are unacknowledged, the window is ${count(this.#windowBytes)}`,
      );
    }
    this.#inFlightBytes += bytes;
    this.#received += bytes;
  }

  /** Accounts for a gap. @throws ProtocolViolationError when it does not start where the stream is, or is empty. */
  receiveGap(from: number, to: number): void {
    this.#requireContinuation('gap', from);
    if (to <= from)
      throw new ProtocolViolationError(`Cannot accept gap: it ends at ${count(to)}, its start is ${count(from)}`);
    this.#received = to;
  }

  /** Checks the end. @throws ProtocolViolationError when bytes are missing before it. */
  receiveEnd(offset: number): void {
    this.#requireContinuation('end', offset);
  }

  /**
   * The consumer is done with `bytes` payload bytes and everything before `offset`.
   *
   * @returns the offset to acknowledge now, or `undefined` while less than half a window is owed.
   */
  take(offset: number, bytes: number): number | undefined {
    this.#taken = offset;
    // Arrived on an earlier attachment: the offset of the resume has told the server already.
    if (offset <= this.#acknowledged) return undefined;
    this.#takenBytes += bytes;
    // Distances, not bytes: a peer may count a gap against the window, so a gap has to be acknowledged soon as well.
    if (this.#taken - this.#acknowledged < this.#windowBytes / 2) return undefined;
    return this.acknowledge();
  }

  /** Acknowledges everything taken; `undefined` when nothing new was. */
  acknowledge(): number | undefined {
    if (this.#taken <= this.#acknowledged) return undefined;
    this.#acknowledged = this.#taken;
    this.#inFlightBytes -= this.#takenBytes;
    this.#takenBytes = 0;
    return this.#taken;
  }

  /**
   * Goes back to `received`, after forgetting what arrived behind it, to continue on a new attachment.
   * The new attachment has its own window, so what still waits for the consumer no longer counts.
   */
  resume(received: number): void {
    this.#received = received;
    this.#acknowledged = received;
    this.#inFlightBytes = 0;
    this.#takenBytes = 0;
  }

  /** Uses the window that the server granted for the attachment that now begins. */
  grant(windowBytes: number): void {
    this.#windowBytes = windowBytes;
  }

  #requireContinuation(kind: string, offset: number): void {
    if (offset === this.#received) return;
    throw new ProtocolViolationError(
      `Cannot accept ${kind} at offset ${count(offset)}: the stream is at ${count(this.#received)}`,
    );
  }
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
