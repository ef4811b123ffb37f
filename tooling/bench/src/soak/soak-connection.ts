import { randomUUID } from 'node:crypto';
import { type DecodedFrame, decodeFrame, encodeFrame, type Frame } from '@sessiond/protocol';
import { RawWebSocket } from '../client/raw-web-socket.ts';

const BINARY = 2;

/** An answer that was a refusal or a failure. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The connection ended before the answer came. */
export class HungUp extends Error {
  override readonly name = 'HungUp';
}

interface Waiting {
  resolve(data: Record<string, unknown>): void;
  reject(error: Error): void;
}

/** One connection of the soak: commands with answers, and frames. */
export class SoakConnection {
  readonly #socket: RawWebSocket;
  readonly #waiting = new Map<string, Waiting>();
  readonly #name = randomUUID();
  #commands = 0;
  #gone = false;

  /** Connects over TCP. Frames are told as they come, and an end that was not asked for. */
  static async open(port: number, onFrame: (frame: Frame) => void, onEnd: () => void): Promise<SoakConnection> {
    const connection = new SoakConnection(port, onFrame, onEnd);
    await connection.#socket.opened;
    return connection;
  }

  private constructor(port: number, onFrame: (frame: Frame) => void, onEnd: () => void) {
    this.#socket = new RawWebSocket(
      { port, path: '/v1/ws' },
      {
        headBytes: (_opcode, payloadBytes) => payloadBytes,
        onFrame: (opcode, _payloadBytes, head) => {
          if (this.#gone) return;
          if (opcode === BINARY) onFrame(frameOf(decodeFrame(head)));
          else this.#answer(JSON.parse(head.toString()));
        },
        onClose: () => {
          const wasLost = !this.#gone;
          this.#gone = true;
          for (const { reject } of this.#waiting.values()) reject(new HungUp('The connection is gone'));
          this.#waiting.clear();
          if (wasLost) onEnd();
        },
      },
    );
  }

  /** Sends a command. Nobody else uses its id, unless one is given. */
  request(type: string, fields: object, id = `${this.#name}-${++this.#commands}`): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      if (this.#gone) reject(new HungUp('The connection is gone'));
      this.#waiting.set(id, { resolve, reject });
      this.#socket.sendText(JSON.stringify({ type, id, ...fields }));
    });
  }

  send(frame: Frame): void {
    this.#socket.sendBinary(encodeFrame(frame));
  }

  /** Takes nothing from the kernel for a while, as a client that hangs. */
  stall(): void {
    this.#socket.pause();
  }

  goOn(): void {
    this.#socket.resume();
  }

  /** Dies. Idempotent. */
  die(): void {
    this.#gone = true;
    this.#socket.close();
  }

  #answer(message: {
    readonly type: string;
    readonly id?: string;
    readonly success?: boolean;
    readonly code?: string;
    readonly error?: string;
    readonly data?: Record<string, unknown>;
  }): void {
    if (message.type !== 'response' || message.id === undefined) return;
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.success) waiting?.resolve(message.data ?? {});
    else waiting?.reject(new Refused(message.code ?? '', message.error ?? ''));
  }
}

function frameOf(decoded: DecodedFrame): Frame {
  if (decoded.ok) return decoded.frame;
  throw new Error(`Cannot read a frame of the daemon: ${decoded.error.message}`);
}
