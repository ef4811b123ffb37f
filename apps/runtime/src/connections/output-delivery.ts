import {
  encodeFrame,
  FRAME_HEADER_BYTES,
  type Frame,
  type InputFrame,
  ProtocolError,
  writeOutputHeader,
} from '@sessiond/protocol';
import type { OutputChunk } from '@sessiond/pty-core';
import type { OutputAttachment } from '../sessions/session-host.ts';
import type { Transport } from '../transports/transport.ts';
import type { Delivery, Sent } from './delivery.ts';
import type { Traffic } from './traffic.ts';

/** The most payload of one output frame. */
const FRAME_PAYLOAD_BYTES = 64 * 1024;
/** How much input is acknowledged at once; single keystrokes never are. */
const INPUT_ACK_BYTES = 16 * 1024;

/** How a client wants to be served. */
export interface OutputDeliveryOptions {
  readonly channel: number;
  readonly transport: Transport;
  /** Unacknowledged bytes that may be in flight; 0 lets the transport's own buffer be the window. */
  readonly windowBytes: number;
  /** Counts what is sent. */
  readonly traffic: Traffic;
}

/**
 * Delivers one terminal's output to one connection, as byte frames; the place is one in the session's ring.
 *
 * Bytes leave at once while the transport is empty, which is what typing needs, and in frames of up to 64 KiB while it is backed up,
 * which is what floods need.
 */
export class OutputDelivery implements Delivery {
  readonly windowBytes: number;
  readonly #channel: number;
  readonly #transport: Transport;
  readonly #traffic: Traffic;
  readonly #attachment: OutputAttachment;
  /** Gaps the client has not acknowledged; they are no bytes in flight. */
  #gaps: { readonly to: number; readonly bytes: number }[] = [];
  /** Whether something was sent since the transport was empty. */
  #sentWhileBackedUp = false;
  #inputOffset = 0;
  #inputAcknowledged = 0;

  constructor(attachment: OutputAttachment, { channel, transport, windowBytes, traffic }: OutputDeliveryOptions) {
    this.#attachment = attachment;
    this.#channel = channel;
    this.#transport = transport;
    this.windowBytes = windowBytes;
    this.#traffic = traffic;
  }

  get offset(): number {
    return this.#attachment.offset;
  }

  get unacknowledgedBytes(): number {
    if (this.windowBytes === 0) return 0;
    const lost = this.#gaps.reduce((bytes, gap) => bytes + gap.bytes, 0);
    return this.#attachment.offset - this.#attachment.acknowledged - lost;
  }

  transportDrained(): void {
    this.#sentWhileBackedUp = false;
  }

  sendNext(): Sent | undefined {
    const maxBytes = this.#sendable();
    const chunk = maxBytes === 0 ? undefined : this.#attachment.next(maxBytes);
    return chunk && this.#send(chunk);
  }

  acknowledge(offset: number): void {
    this.#attachment.acknowledge(offset);
    this.#gaps = this.#gaps.filter(({ to }) => to > offset);
  }

  input({ offset, payload }: InputFrame): void {
    if (offset !== this.#inputOffset) {
      throw new ProtocolError(
        'INVALID_MESSAGE',
        `Cannot take input at offset ${offset}: the next one is ${this.#inputOffset}`,
        { details: { expectedOffset: this.#inputOffset } },
      );
    }
    this.#attachment.write(payload);
    this.#inputOffset += payload.length;
    this.acknowledgeInput();
  }

  acknowledgeInput(): void {
    if (this.#inputOffset - this.#inputAcknowledged < INPUT_ACK_BYTES || this.#attachment.pendingInputBytes > 0) return;
    this.#inputAcknowledged = this.#inputOffset;
    this.#traffic.sent.ack += this.#sendFrame({ kind: 'ack', channel: this.#channel, offset: this.#inputOffset });
  }

  close(): void {
    this.#attachment.close();
  }

  /** How many payload bytes the next frame may have; 0 for not now. */
  #sendable(): number {
    const buffered = this.#transport.bufferedBytes;
    // While others fill the transport, this one gets a small frame through now and then, and else waits for a full one.
    if (buffered > 0 && this.#sentWhileBackedUp && this.#attachment.pending < FRAME_PAYLOAD_BYTES) return 0;
    if (this.windowBytes === 0) return FRAME_PAYLOAD_BYTES;
    return Math.max(0, Math.min(FRAME_PAYLOAD_BYTES, this.windowBytes - this.unacknowledgedBytes));
  }

  #send(chunk: OutputChunk): Sent {
    const attachment = this.#attachment;
    const channel = this.#channel;
    switch (chunk.kind) {
      case 'bytes': {
        const { bytes, offset } = chunk;
        const frame = this.#transport.allocateFrame(FRAME_HEADER_BYTES + bytes.length);
        const payloadAt = frame.length - bytes.length;
        writeOutputHeader(frame, payloadAt - FRAME_HEADER_BYTES, channel, offset, offset < attachment.replayEnd);
        frame.set(bytes, payloadAt);
        this.#transport.sendFrame(frame);
        this.#traffic.sent.output += FRAME_HEADER_BYTES + bytes.length;
        break;
      }
      case 'gap': {
        const { from, to } = chunk;
        this.#traffic.sent.gap += this.#sendFrame({ kind: 'gap', channel, from, to });
        this.#traffic.gapBytes += to - from;
        if (this.windowBytes > 0) this.#gaps.push({ to, bytes: to - from });
        break;
      }
      case 'end':
        this.#traffic.sent.end += this.#sendFrame({ kind: 'end', channel, offset: chunk.offset });
        return 'end';
    }
    if (this.#transport.bufferedBytes > 0) this.#sentWhileBackedUp = true;
    if (this.windowBytes === 0) attachment.acknowledge(attachment.offset);
    return 'something';
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
