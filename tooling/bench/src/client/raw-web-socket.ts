import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { FrameScanner, type FrameSink } from './frame-scanner.ts';

const READ_BUFFER_BYTES = 256 * 1024;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** What arrives on a {@link RawWebSocket}: its data frames, and its end. */
export interface RawWebSocketHandlers extends FrameSink {
  /** The connection is gone. Called once; nothing follows. */
  onClose(): void;
}

/** Where a {@link RawWebSocket} connects to: a port of the loopback interface, or a Unix socket. */
export type RawWebSocketTarget = ({ readonly port: number } | { readonly socketPath: string }) & {
  /** What is asked for. */
  readonly path: string;
};

/**
 * A WebSocket client made for measuring: one read buffer for the life of the connection, payloads passed over unread.
 *
 * Offers no extensions, so nothing is compressed. Answers pings, sends small unfragmented frames, and is
 * unfit for anything but a server on this machine that is trusted to follow the protocol.
 */
export class RawWebSocket {
  /** Resolves when the handshake is done; rejects with the server's status line when it refuses. */
  readonly opened: Promise<void>;
  readonly #socket: Socket;
  #closed = false;

  /** A text message of at most 64 KiB as it goes over the wire; the text stands in it as it is. */
  static textFrame(text: string): Buffer {
    return frameOf(TEXT, Buffer.from(text));
  }

  constructor(target: RawWebSocketTarget, handlers: RawWebSocketHandlers) {
    let settle: (error?: Error) => void = () => {};
    this.opened = new Promise((resolve, reject) => {
      settle = (error) => (error ? reject(error) : resolve());
    });
    const scanner = new FrameScanner({
      headBytes: (opcode, payloadBytes) => (opcode >= CLOSE ? payloadBytes : handlers.headBytes(opcode, payloadBytes)),
      onFrame: (opcode, payloadBytes, head) => {
        if (opcode === PING) this.#send(PONG, head);
        else if (opcode === CLOSE) this.close();
        else if (opcode < CLOSE) handlers.onFrame(opcode, payloadBytes, head);
      },
    });
    let handshake: Buffer | null = Buffer.alloc(0);
    const read = (chunk: Uint8Array): void => {
      if (handshake === null) {
        scanner.scan(chunk);
        return;
      }
      handshake = Buffer.concat([handshake, chunk]);
      const end = handshake.indexOf('\r\n\r\n');
      if (end < 0) return;
      const status = handshake.subarray(0, handshake.indexOf('\r\n')).toString('latin1');
      if (!status.startsWith('HTTP/1.1 101')) {
        settle(new Error(`Cannot open WebSocket on ${target.path}: the server answered ${status}`));
        this.close();
        return;
      }
      const rest = handshake.subarray(end + 4);
      handshake = null;
      settle();
      scanner.scan(rest);
    };
    const host = 'port' in target ? `127.0.0.1:${target.port}` : 'localhost';
    this.#socket = connect({
      ...('port' in target ? { host: '127.0.0.1', port: target.port } : { path: target.socketPath }),
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(READ_BUFFER_BYTES),
        callback: (bytes, buffer) => {
          read(buffer.subarray(0, bytes));
          return true;
        },
      },
    });
    this.#socket.on('error', (error) => settle(new Error('Cannot reach the server', { cause: error })));
    this.#socket.on('close', () => {
      settle(new Error(`Cannot open WebSocket on ${target.path}: the connection was closed`));
      handlers.onClose();
    });
    this.#socket.write(
      `GET ${target.path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    );
  }

  /** Sends a text message of at most 64 KiB. */
  sendText(text: string): void {
    this.#send(TEXT, Buffer.from(text));
  }

  /** Sends a binary message of at most 64 KiB. */
  sendBinary(payload: Uint8Array): void {
    this.#send(BINARY, payload);
  }

  /** Sends whole frames, such as several of {@link RawWebSocket.textFrame}, in one write; the memory is the socket's from then on. */
  sendFrames(frames: Uint8Array): void {
    if (!this.#closed) this.#socket.write(frames);
  }

  /** Stops reading from the kernel: the server sees a client that has hung. */
  pause(): void {
    this.#socket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#socket.resume();
  }

  /** Drops the connection without a closing handshake. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
  }

  #send(opcode: number, payload: Uint8Array): void {
    this.sendFrames(frameOf(opcode, payload));
  }
}

// The mask of a client's frame may be any four bytes; zeros leave the payload as it is.
function frameOf(opcode: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(payload.length < 126 ? 6 : 8);
  header[0] = 0x80 | opcode;
  header[1] = 0x80 | Math.min(payload.length, 126);
  if (payload.length >= 126) header.writeUInt16BE(payload.length, 2);
  return Buffer.concat([header, payload]);
}
