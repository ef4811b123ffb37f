import { isUtf8 } from 'node:buffer';
import type { Readable, Writable } from 'node:stream';
import type { Guard } from '../containment.ts';
import { groupDigits } from '../group-digits.ts';
import { LineReader } from './line-reader.ts';
import type { Transport, TransportHandlers } from './transport.ts';

/** What a stdio transport needs to know. */
export interface StdioTransportOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly maxMessageBytes: number;
  /** Takes what fails while the streams are served. */
  readonly guard: Guard;
}

/** Lines of one turn that are gathered into one write; more than this leaves at once. */
const GATHER_BYTES = 64 * 1024;

/**
 * One connection on a pair of streams: a JSON object per line, byte frames as `{"type":"bytes","frame":"<base64>"}`.
 *
 * Reading is bounded while it happens, a line that never ends costs `maxMessageBytes` and no more. Writing queues nothing: how far the
 * reader is behind is `bufferedBytes`, and the connection acts on it. Ends when the input does, or when the output is closed.
 */
export class StdioTransport implements Transport {
  readonly kind = 'stdio';
  /** Settles when the transport is gone. */
  readonly closed: Promise<void>;
  readonly #settleClosed: () => void;
  readonly #options: StdioTransportOptions;
  #handlers: TransportHandlers | null = null;
  /** The lines of this turn. */
  #gathered = '';
  #gatheredBytes = 0;
  #backedUp = false;
  #closing = false;
  #gone = false;

  constructor(options: StdioTransportOptions) {
    this.#options = options;
    let settle!: () => void;
    this.closed = new Promise((resolve) => {
      settle = resolve;
    });
    this.#settleClosed = settle;
  }

  get bufferedBytes(): number {
    return this.#options.output.writableLength + this.#gatheredBytes;
  }

  start(handlers: TransportHandlers): void {
    this.#handlers = handlers;
    const { input, output, maxMessageBytes, guard } = this.#options;
    const tooLong = (): void => {
      handlers.onViolation({
        code: 'MESSAGE_TOO_LARGE',
        message: `Cannot take message: its line is longer than the ${groupDigits(maxMessageBytes)} bytes that are allowed`,
      });
    };
    const reader = new LineReader(maxMessageBytes, { onLine: (line) => this.#receive(line), onTooLong: tooLong });
    const received = (chunk: Buffer): void => {
      if (this.#closing) return;
      handlers.onReceived(chunk.length);
      reader.push(chunk);
    };
    const ended = (): void => {
      if (!this.#closing) reader.end();
    };
    const close = guard(() => this.#close());
    input.on('data', guard(received));
    input.on('end', guard(ended));
    // Whatever has become of its last line.
    input.on('end', close);
    // A reader that went away (EPIPE) is an ordinary end; the stream would throw without a listener.
    for (const stream of [input, output]) {
      stream.on('error', close);
      stream.on('close', close);
    }
  }

  sendMessage(json: string): number {
    const bytes = Buffer.byteLength(json);
    if (this.#closing || this.#gone) return bytes;
    if (this.#gatheredBytes === 0) process.nextTick(this.#flush);
    this.#gathered += `${json}\n`;
    this.#gatheredBytes += bytes + 1;
    if (this.#gatheredBytes >= GATHER_BYTES) this.#flush();
    return bytes;
  }

  allocateFrame(bytes: number): Uint8Array {
    return Buffer.allocUnsafe(bytes);
  }

  sendFrame(buffer: Uint8Array): void {
    const base64 = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength).toString('base64');
    this.sendMessage(`{"type":"bytes","frame":"${base64}"}`);
    // The length of what waits has to be true before the next frame is considered.
    this.#flush();
  }

  pauseReading(): void {
    this.#options.input.pause();
  }

  resumeReading(): void {
    this.#options.input.resume();
  }

  close(_code: number, _reason: string): void {
    if (this.#closing) return;
    this.#flush();
    this.#closing = true;
    this.#options.output.end(() => this.#close());
  }

  readonly #flush = (): void => {
    const lines = this.#gathered;
    this.#gathered = '';
    this.#gatheredBytes = 0;
    if (lines === '' || this.#gone) return;
    // As bytes, because a stream counts text by its characters.
    this.#options.output.write(Buffer.from(lines), this.#written);
    this.#backedUp ||= this.#options.output.writableLength > 0;
  };

  readonly #written = (): void => {
    if (!this.#backedUp || this.#options.output.writableLength > 0) return;
    this.#backedUp = false;
    this.#handlers?.onDrain();
  };

  #receive(line: Uint8Array): void {
    if (line.length === 0) return;
    if (!isUtf8(line)) {
      // Decoded, it would be something else than was sent.
      this.#handlers!.onViolation({
        code: 'INVALID_MESSAGE',
        message: 'Cannot take message: its line is no UTF-8 text',
      });
      return;
    }
    const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength).toString();
    // Parsed twice only when it may be a frame; the connection parses messages.
    const frame = text.includes('"bytes"') ? parseFrame(text) : null;
    if (frame === null) this.#handlers!.onMessage(text, line.byteLength);
    else if (frame.ok) this.#handlers!.onFrame(frame.bytes);
    else {
      this.#handlers!.onViolation({
        code: 'INVALID_MESSAGE',
        message: 'Cannot take byte frame: the field "frame" must be base64 text',
      });
    }
  }

  #close(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#handlers?.onClose();
    this.#settleClosed();
  }
}

function parseFrame(text: string): { ok: true; bytes: Buffer } | { ok: false } | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof message !== 'object' || message === null || (message as { type?: unknown }).type !== 'bytes') return null;
  const { frame } = message as { frame?: unknown };
  if (typeof frame !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(frame)) return { ok: false };
  return { ok: true, bytes: Buffer.from(frame, 'base64') };
}
