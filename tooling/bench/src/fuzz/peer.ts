import { connect, type Socket } from 'node:net';
import { FrameScanner } from '../client/frame-scanner.ts';

const CLOSE = 8;
const TEXT = 1;

/** What a connection has brought so far. */
export interface Received {
  /** The head of the answer to the request, `null` until it is whole. */
  readonly head: string | null;
  /** What followed the head, as far as it is no WebSocket. */
  readonly body: string;
  readonly texts: readonly string[];
  /** Code of the close frame, `null` without one; 1005 for one without a code. */
  readonly closeCode: number | null;
  /** Whether the server has ended the connection, or it broke. */
  readonly ended: boolean;
  /** What the server sent against the rules of WebSockets. */
  readonly violation: string | null;
}

/**
 * A TCP connection that sends whatever it is told to, right or wrong, and takes note of what comes back. Keeps at most
 * {@link MAX_TEXTS} texts and 64 KiB of a body.
 */
export class Peer {
  readonly #socket: Socket;
  readonly #waiting = new Set<() => void>();
  readonly #scanner: FrameScanner;
  readonly #texts: string[] = [];
  #head: Buffer = Buffer.alloc(0);
  #isHeadDone = false;
  #isWebSocket = false;
  #body = '';
  #closeCode: number | null = null;
  #violation: string | null = null;
  #ended = false;

  constructor(port: number) {
    this.#scanner = new FrameScanner({
      headBytes: (_opcode, payloadBytes) => payloadBytes,
      onFrame: (opcode, payloadBytes, payload) => this.#frame(opcode, payloadBytes, payload),
    });
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    // Half of what is sent here makes the server hang up.
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
    this.#socket.on('end', () => this.#socket.end());
  }

  get received(): Received {
    return {
      head: this.#isHeadDone ? this.#head.toString('latin1') : null,
      body: this.#body,
      texts: this.#texts,
      closeCode: this.#closeCode,
      ended: this.#ended,
      violation: this.#violation,
    };
  }

  send(bytes: Uint8Array): void {
    if (!this.#socket.destroyed && !this.#socket.writableEnded) this.#socket.write(bytes);
  }

  /** Waits until something is so, or the connection is over, or the time is. @returns whether it is so. */
  async until(isSo: (received: Received) => boolean, limitMs: number): Promise<boolean> {
    const deadline = performance.now() + limitMs;
    while (!isSo(this.received)) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0 || this.#ended) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return true;
  }

  /** Hangs up without a word. Idempotent. */
  destroy(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#isWebSocket) {
      this.#scan(chunk);
    } else if (this.#isHeadDone) {
      if (this.#body.length < MAX_BODY_BYTES) this.#body += chunk.toString();
    } else {
      this.#head = Buffer.concat([this.#head, chunk]);
      const end = this.#head.indexOf('\r\n\r\n');
      if (end >= 0) {
        const rest = this.#head.subarray(end + 4);
        this.#head = this.#head.subarray(0, end);
        this.#isHeadDone = true;
        this.#isWebSocket = this.#head.toString('latin1', 0, 12) === 'HTTP/1.1 101';
        if (rest.length > 0) this.#receive(rest);
      }
    }
    this.#wake();
  }

  #scan(chunk: Buffer): void {
    try {
      this.#scanner.scan(chunk);
    } catch (error) {
      this.#violation ??= (error as Error).message;
      this.#socket.destroy();
    }
  }

  #frame(opcode: number, payloadBytes: number, payload: Buffer): void {
    if (this.#closeCode !== null) this.#violation ??= 'a frame follows the close frame';
    if (opcode === TEXT) {
      if (this.#texts.length < MAX_TEXTS) this.#texts.push(payload.toString());
    } else if (opcode === CLOSE) {
      this.#closeCode = payloadBytes < 2 ? 1005 : payload.readUInt16BE(0);
    }
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

/** Texts that are kept of a connection; none of ours has more. */
export const MAX_TEXTS = 5_000;

const MAX_BODY_BYTES = 64 * 1024;
