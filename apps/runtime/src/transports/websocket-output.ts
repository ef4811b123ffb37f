import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { FramePool } from './frame-pool.ts';
import { FRAME_OPCODES, headerBytes, MAX_HEADER_BYTES, writeHeader } from './websocket-frame.ts';

/** Messages of one turn that are gathered into one write; more than this leaves at once. */
const GATHER_BYTES = 64 * 1024;

/** How long a closing handshake may take, as `ws` is told in the server's options. */
export const CLOSE_MS = 5000;

/** The most a close frame says (RFC 6455, section 5.5). */
const MAX_REASON_BYTES = 123;

/**
 * The sending half of one WebSocket. Writes whole frames of its own straight into the socket, beside the control frames of `ws`.
 *
 * `ws` writes each frame synchronously and in one piece while compression is off, so frames from both sides never mix. What it
 * saves over `ws.send`: a second buffer and a second write per frame. Messages of one turn leave in one write; a byte frame leaves at once, in one
 * buffer, after the messages before it. Nothing is queued but in the socket, whose fill is `bufferedBytes`.
 */
export class WebSocketOutput {
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #frames: FramePool;
  readonly #onDrain: () => void;
  /** What the socket was given and has not let go of yet, in that order. */
  readonly #inFlight: Uint8Array[] = [];
  #messages: string[] = [];
  #messageBytes = 0;
  #backedUp = false;

  /** `socket` is the one of the upgrade that made `ws`; `onDrain` is called when `bufferedBytes` fell to zero. */
  constructor(ws: WebSocket, socket: Socket, frames: FramePool, onDrain: () => void) {
    this.#ws = ws;
    this.#socket = socket;
    this.#frames = frames;
    this.#onDrain = onDrain;
  }

  /** Bytes that the kernel has not taken yet. */
  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  /** Sends one text message. After the close it is dropped, as nobody is there to read it. */
  sendMessage(json: string): void {
    const bytes = Buffer.byteLength(json);
    if (this.#messages.length === 0) process.nextTick(this.#flush);
    this.#messages.push(json);
    this.#messageBytes += bytes + headerBytes(bytes);
    if (this.#messageBytes >= GATHER_BYTES) this.#flush();
  }

  /** A buffer for one binary frame, whose payload are its last `bytes` bytes. */
  allocateFrame(bytes: number): Uint8Array {
    return this.#frames.take(MAX_HEADER_BYTES + bytes);
  }

  /** Sends a frame from `allocateFrame`; the buffer belongs to the socket from then on, and to the pool afterwards. */
  sendFrame(buffer: Uint8Array): void {
    const begin = writeHeader(buffer, MAX_HEADER_BYTES, buffer.length - MAX_HEADER_BYTES, FRAME_OPCODES.binary);
    const frame = buffer.subarray(begin);
    if (this.#messages.length === 0) {
      this.#write(frame);
      return;
    }
    this.#socket.cork();
    this.#flush();
    this.#write(frame);
    this.#socket.uncork();
  }

  /** Closes once what was sent has left. Idempotent. */
  close(code: number, reason: string): void {
    this.#flush();
    let text = reason;
    while (Buffer.byteLength(text) > MAX_REASON_BYTES) text = text.slice(0, -1);
    this.#ws.close(code, text);
  }

  readonly #flush = (): void => {
    const messages = this.#messages;
    if (messages.length === 0) return;
    const gathered = Buffer.allocUnsafe(this.#messageBytes);
    this.#messages = [];
    this.#messageBytes = 0;
    let at = 0;
    for (const message of messages) {
      const bytes = Buffer.byteLength(message);
      const payloadAt = at + headerBytes(bytes);
      writeHeader(gathered, payloadAt, bytes, FRAME_OPCODES.text);
      gathered.write(message, payloadAt);
      at = payloadAt + bytes;
    }
    this.#write(gathered);
  };

  #write(frames: Uint8Array): void {
    // Nothing may follow the close frame.
    if (this.#ws.readyState !== WebSocket.OPEN) return;
    this.#inFlight.push(frames);
    this.#socket.write(frames, this.#written);
    this.#backedUp ||= this.#socket.writableLength > 0;
  }

  // Node reports `drain` only above its high-water mark; a callback per write, always the same one, costs next to nothing.
  readonly #written = (): void => {
    this.#frames.give(this.#inFlight.shift()!);
    if (!this.#backedUp || this.#socket.writableLength > 0) return;
    this.#backedUp = false;
    this.#onDrain();
  };
}
