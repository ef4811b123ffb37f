import type { Socket } from 'node:net';
import { type RawData, WebSocket } from 'ws';
import { groupDigits } from '../group-digits.ts';
import type { FramePool } from './frame-pool.ts';
import type { Transport, TransportHandlers } from './transport.ts';
import { WebSocketOutput } from './websocket-output.ts';

/** What a WebSocket transport needs to know. */
export interface WebSocketTransportOptions {
  readonly kind: 'websocket' | 'unix';
  /** Larger messages are discarded and reported; what is larger than the server's own cap ends the connection with 1009. */
  readonly maxMessageBytes: number;
  /** Where the buffers of outgoing frames come from. */
  readonly frames: FramePool;
}

/**
 * One WebSocket as a `Transport`, over TCP or a Unix socket.
 *
 * Nothing is read before `start`, so what a client sends early waits in the socket, bounded by the kernel.
 */
export class WebSocketTransport implements Transport {
  readonly kind: 'websocket' | 'unix';
  readonly #ws: WebSocket;
  readonly #output: WebSocketOutput;
  readonly #maxMessageBytes: number;
  #handlers: TransportHandlers | null = null;
  #closed = false;

  /** `socket` is the one of the upgrade that made `ws`; both belong to the transport from then on. */
  constructor(ws: WebSocket, socket: Socket, { kind, maxMessageBytes, frames }: WebSocketTransportOptions) {
    this.kind = kind;
    this.#ws = ws;
    this.#maxMessageBytes = maxMessageBytes;
    this.#output = new WebSocketOutput(ws, socket, frames, () => this.#handlers?.onDrain());
    ws.pause();
    ws.on('message', (data, isBinary) => this.#receive(data, isBinary));
    ws.on('close', () => this.#close());
  }

  get bufferedBytes(): number {
    return this.#output.bufferedBytes;
  }

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers;
    if (this.#closed) queueMicrotask(() => handlers.onClose());
    else this.#ws.resume();
  }

  sendMessage(json: string): number {
    return this.#output.sendMessage(json);
  }

  allocateFrame(bytes: number): Uint8Array {
    return this.#output.allocateFrame(bytes);
  }

  sendFrame(buffer: Uint8Array): void {
    this.#output.sendFrame(buffer);
  }

  pauseReading(): void {
    // A paused socket would not see the client's half of the closing handshake.
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.pause();
  }

  resumeReading(): void {
    this.#ws.resume();
  }

  close(code: number, reason: string): void {
    this.#ws.resume();
    this.#output.close(code, reason);
  }

  #receive(data: RawData, isBinary: boolean): void {
    // `nodebuffer` is the binary type of every WebSocket here.
    const bytes = data as Buffer;
    // Closed before it was started: what still comes is for nobody.
    if (this.#handlers === null) return;
    this.#handlers.onReceived(bytes.length);
    if (bytes.length > this.#maxMessageBytes) {
      this.#handlers.onViolation({
        code: 'MESSAGE_TOO_LARGE',
        message: `Cannot take message: it is ${groupDigits(bytes.length)} bytes, allowed are ${groupDigits(this.#maxMessageBytes)}`,
      });
    } else if (isBinary) {
      this.#handlers.onFrame(bytes);
    } else {
      this.#handlers.onMessage(bytes.toString(), bytes.length);
    }
  }

  #close(): void {
    this.#closed = true;
    this.#handlers?.onClose();
  }
}
