import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { FramePool } from './frame-pool.ts';
import { FRAME_OPCODES, headerBytes, MAX_HEADER_BYTES, writeHeader } from './websocket-frame.ts';

/** Messages of one turn that are gathered into one write; more than this leaves at once. */
const GATHER_BYTES = 64 * 1024;

/** Takes the place of a header of that many bytes while messages are gathered as text. */
const HEADER_ROOM: Readonly<Record<number, string>> = Object.freeze({ 2: '  ', 4: '    ', 10: '          ' });

/** How long a closing handshake may take, as `ws` is told in the server's options. */
export const CLOSE_MS = 5000;

/** The most a close frame says (RFC 6455, section 5.5). */
const MAX_REASON_BYTES = 123;

/**
 * The sending half of one WebSocket. Writes whole frames of its own straight into the socket, beside the control frames of `ws`.
 *
 * `ws` writes each frame synchronously and in one piece while compression is off, so frames from both sides never mix. What it
 * saves over `ws.send`: a second buffer and a second write per frame. Messages of one turn of the event loop leave in one write at its end, or
 * as soon as there are 64 KiB of them; a byte frame leaves at once, in one buffer, after the messages before it. Nothing is queued beyond the
 * turn but in the socket.
 */
export class WebSocketOutput {
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #frames: FramePool;
  readonly #onDrain: () => void;
  /** What the socket was given and has not let go of yet, in that order. */
  readonly #inFlight: Uint8Array[] = [];
  /** The messages of this turn in one text, with room in front of each for its header. */
  #gathered = '';
  /** How long each of them is, in bytes. */
  #lengths: number[] = [];
  #gatheredBytes = 0;
  #backedUp = false;

  /** `socket` is the one of the upgrade that made `ws`; `onDrain` is called when the kernel has taken what it had refused. */
  constructor(ws: WebSocket, socket: Socket, frames: FramePool, onDrain: () => void) {
    this.#ws = ws;
    this.#socket = socket;
    this.#frames = frames;
    this.#onDrain = onDrain;
  }

  /** Bytes that the kernel has not taken yet, the messages of this turn among them. */
  get bufferedBytes(): number {
    return this.#socket.writableLength + this.#gatheredBytes;
  }

  /** Sends one text message; returns its length in bytes. After the close it is dropped, as nobody is there to read it. */
  sendMessage(json: string): number {
    const bytes = Buffer.byteLength(json);
    const header = headerBytes(bytes);
    if (this.#lengths.length === 0) process.nextTick(this.#flush);
    this.#gathered += HEADER_ROOM[header] + json;
    this.#lengths.push(bytes);
    this.#gatheredBytes += header + bytes;
    if (this.#gatheredBytes >= GATHER_BYTES) this.#flush();
    return bytes;
  }

  /** A buffer for one binary frame, whose payload are its last `bytes` bytes. */
  allocateFrame(bytes: number): Uint8Array {
    return this.#frames.take(MAX_HEADER_BYTES + bytes);
  }

  /** Sends a frame from `allocateFrame`; the buffer belongs to the socket from then on, and to the pool afterwards. */
  sendFrame(buffer: Uint8Array): void {
    const begin = writeHeader(buffer, MAX_HEADER_BYTES, buffer.length - MAX_HEADER_BYTES, FRAME_OPCODES.binary);
    const frame = buffer.subarray(begin);
    if (this.#lengths.length === 0) {
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
    const lengths = this.#lengths;
    if (lengths.length === 0) return;
    // A buffer of the pool is large, and would wait with the little that is in it for a client that does not read.
    const isBackedUp = this.#socket.writableLength > 0;
    const frames = isBackedUp ? Buffer.allocUnsafe(this.#gatheredBytes) : this.#frames.take(this.#gatheredBytes);
    // One call for all of them: writing each for itself takes twice as long.
    frames.write(this.#gathered);
    let at = 0;
    for (const bytes of lengths) {
      at += headerBytes(bytes);
      writeHeader(frames, at, bytes, FRAME_OPCODES.text);
      at += bytes;
    }
    this.#gathered = '';
    this.#lengths = [];
    this.#gatheredBytes = 0;
    this.#write(frames);
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
