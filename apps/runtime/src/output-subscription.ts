import {
  encodeFrame,
  FRAME_HEADER_BYTES,
  type Frame,
  type InputFrame,
  ProtocolError,
  writeOutputHeader,
} from '@sessiond/protocol';
import type { OutputChunk } from '@sessiond/pty-core';
import type { OutputAttachment } from './sessions/session-host.ts';
import type { Subscription } from './subscription.ts';
import type { Traffic } from './traffic.ts';
import type { Transport } from './transports/transport.ts';

/** The most payload of one output frame. */
const FRAME_PAYLOAD_BYTES = 64 * 1024;
/** What one subscription lets wait in a transport whose client is slow; the rest stays in the session's ring. */
const MAX_BUFFERED_BYTES = 256 * 1024;
/** How much input is acknowledged at once; single keystrokes never are. */
const INPUT_ACK_BYTES = 16 * 1024;

/** How a client wants to be served. */
export interface OutputSubscriptionOptions {
  readonly channel: number;
  /** Unacknowledged bytes that may be in flight; 0 lets the transport's own buffer be the window. */
  readonly windowBytes: number;
  /** Counts what is sent. */
  readonly traffic: Traffic;
  /** Called once the last byte and the end were sent. */
  readonly onEnd: () => void;
}

/**
 * Delivers one terminal's output to one connection, as byte frames.
 *
 * A slow client is an old place in the session's ring. Bytes leave at
 * once while the transport is empty, which is what typing needs, and in frames of up to 64 KiB while it is backed up,
 * which is what floods need.
 */
export class OutputSubscription implements Subscription {
  readonly channel: number;
  readonly #transport: Transport;
  readonly #windowBytes: number;
  readonly #traffic: Traffic;
  readonly #onEnd: () => void;
  /** Let go of at the end, so that a finished session's memory does not depend on who still has a channel of it. */
  #attachment: OutputAttachment | undefined;
  /** Gaps the client has not acknowledged; they are no bytes in flight. */
  #gaps: { readonly to: number; readonly bytes: number }[] = [];
  #offset: number;
  #started = false;
  /** Whether something was sent since the transport was empty. */
  #sentWhileBackedUp = false;
  #inputOffset = 0;
  #inputAcknowledged = 0;
  #ended = false;

  constructor(
    transport: Transport,
    attachment: OutputAttachment,
    { channel, windowBytes, traffic, onEnd }: OutputSubscriptionOptions,
  ) {
    this.#transport = transport;
    this.#attachment = attachment;
    this.#offset = attachment.offset;
    this.channel = channel;
    this.#windowBytes = windowBytes;
    this.#traffic = traffic;
    this.#onEnd = onEnd;
  }

  /** Offset behind the last byte that was sent. */
  get offset(): number {
    return this.#offset;
  }

  /** Whether delivery has begun. */
  get started(): boolean {
    return this.#started;
  }

  /** The window the client asked for; 0 if it did not. */
  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** Output that was sent and not acknowledged, if there is a window; a gap is none. */
  get unacknowledgedBytes(): number {
    const attachment = this.#attachment;
    if (this.#windowBytes === 0 || attachment === undefined) return 0;
    const lost = this.#gaps.reduce((bytes, gap) => bytes + gap.bytes, 0);
    return attachment.offset - attachment.acknowledged - lost;
  }

  /** Whether the end was sent. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Begins to deliver; called after the answer to `attach` was sent, because a channel's frames follow it. Idempotent. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.pump();
  }

  /** Sends whatever may be sent now: called when there is output or credit. */
  pump(): void {
    while (this.sendNext());
  }

  /** Tells that the transport was empty for a moment. */
  transportDrained(): void {
    this.#sentWhileBackedUp = false;
  }

  /** Sends one frame if one may be sent now. @returns whether it did. */
  sendNext(): boolean {
    const attachment = this.#attachment;
    if (attachment === undefined || !this.#started) return false;
    const maxBytes = this.#sendable(attachment);
    const chunk = maxBytes === 0 ? undefined : attachment.next(maxBytes);
    if (chunk === undefined) return false;
    this.#send(attachment, chunk);
    return true;
  }

  /** The client has everything before `offset`. @throws ProtocolError for an offset it was never sent. */
  acknowledge(offset: number): void {
    if (offset > this.#offset || this.#attachment?.acknowledge(offset) === false) {
      throw new ProtocolError(
        'INVALID_MESSAGE',
        `Cannot acknowledge offset ${offset}: it was not sent on channel ${this.channel}`,
      );
    }
    this.#gaps = this.#gaps.filter(({ to }) => to > offset);
    if (this.#windowBytes > 0) this.pump();
  }

  /** Passes a client's input on. @throws ProtocolError when it is out of order, not allowed, or cannot be taken. */
  input({ offset, payload }: InputFrame): void {
    if (offset !== this.#inputOffset) {
      throw new ProtocolError(
        'INVALID_MESSAGE',
        `Cannot take input at offset ${offset}: the next one is ${this.#inputOffset}`,
        { details: { expectedOffset: this.#inputOffset } },
      );
    }
    if (this.#attachment === undefined)
      throw new ProtocolError('INVALID_STATE', 'Cannot take input: the session has stopped');
    this.#attachment.write(payload);
    this.#inputOffset += payload.length;
    this.acknowledgeInput();
  }

  /** Tells the client how much of its input the terminal has taken, if that is worth a frame. */
  acknowledgeInput(): void {
    if (this.#attachment === undefined || this.#inputOffset - this.#inputAcknowledged < INPUT_ACK_BYTES) return;
    if (this.#attachment.pendingInputBytes > 0) return;
    this.#inputAcknowledged = this.#inputOffset;
    this.#traffic.sent.ack += this.#sendFrame({ kind: 'ack', channel: this.channel, offset: this.#inputOffset });
  }

  /** Stops delivering. What the client has not acknowledged stays undelivered. Idempotent. */
  close(): void {
    this.#attachment?.close();
    this.#attachment = undefined;
  }

  /** How many payload bytes the next frame may have; 0 for not now. */
  #sendable(attachment: OutputAttachment): number {
    const buffered = this.#transport.bufferedBytes;
    if (buffered >= MAX_BUFFERED_BYTES) return 0;
    // While others fill the transport, this one gets a small frame through now and then, and else waits for a full one.
    if (buffered > 0 && this.#sentWhileBackedUp && attachment.pending < FRAME_PAYLOAD_BYTES) return 0;
    if (this.#windowBytes === 0) return FRAME_PAYLOAD_BYTES;
    return Math.max(0, Math.min(FRAME_PAYLOAD_BYTES, this.#windowBytes - this.unacknowledgedBytes));
  }

  #send(attachment: OutputAttachment, chunk: OutputChunk): void {
    this.#offset = attachment.offset;
    switch (chunk.kind) {
      case 'bytes': {
        const { bytes, offset } = chunk;
        const frame = this.#transport.allocateFrame(FRAME_HEADER_BYTES + bytes.length);
        const payloadAt = frame.length - bytes.length;
        writeOutputHeader(frame, payloadAt - FRAME_HEADER_BYTES, this.channel, offset, offset < attachment.replayEnd);
        frame.set(bytes, payloadAt);
        this.#transport.sendFrame(frame);
        this.#traffic.sent.output += FRAME_HEADER_BYTES + bytes.length;
        break;
      }
      case 'gap':
        this.#traffic.sent.gap += this.#sendFrame({
          kind: 'gap',
          channel: this.channel,
          from: chunk.from,
          to: chunk.to,
        });
        this.#traffic.gapBytes += chunk.to - chunk.from;
        if (this.#windowBytes > 0) this.#gaps.push({ to: chunk.to, bytes: chunk.to - chunk.from });
        break;
      case 'end':
        this.#ended = true;
        this.#traffic.sent.end += this.#sendFrame({ kind: 'end', channel: this.channel, offset: chunk.offset });
        this.close();
        this.#onEnd();
        return;
    }
    if (this.#transport.bufferedBytes > 0) this.#sentWhileBackedUp = true;
    if (this.#windowBytes === 0) attachment.acknowledge(attachment.offset);
  }

  /** @returns the length of the frame. */
  #sendFrame(contents: Frame): number {
    const encoded = encodeFrame(contents);
    const frame = this.#transport.allocateFrame(encoded.length);
    frame.set(encoded, frame.length - encoded.length);
    this.#transport.sendFrame(frame);
    return encoded.length;
  }
}
