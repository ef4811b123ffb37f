import type { Socket } from 'node:net';
import { closeCodes, isProtocolError, ProtocolError } from '@sessiond/protocol';
import { type RawData, WebSocket } from 'ws';
import { InputMeter } from '../admission/input-meter.ts';
import type { Traffic } from '../connections/traffic.ts';
import type { Containment, Guard } from '../containment.ts';
import { groupDigits } from '../group-digits.ts';
import { causeOf } from '../sessions/cause.ts';
import type { OutputAttachment, SessionHost } from '../sessions/session-host.ts';
import type { FramePool } from './frame-pool.ts';
import { ReadingGate } from './reading-gate.ts';
import { WebSocketOutput } from './websocket-output.ts';

/** The most output of one frame. */
const FRAME_BYTES = 64 * 1024;

/** What may wait in the socket of a slow client; the rest stays in the session's ring. */
const MAX_BUFFERED_BYTES = 256 * 1024;

/** Input is given on in pieces that fit into a session's input queue whatever the size of a message. */
const INPUT_BYTES = 16 * 1024;

const MAX_SIDE = 10_000;

/** What the query of `/v1/sessions/:id/terminal` asks for. */
export interface RawTerminalRequest {
  readonly sessionId: string;
  readonly role: 'driver' | 'observer';
  readonly from: 'start' | 'now' | number;
  readonly size: { readonly cols: number; readonly rows: number } | null;
}

/** What a raw terminal shares with the others. */
export interface RawTerminalOptions {
  /** Where the buffers of outgoing frames come from. */
  readonly frames: FramePool;
  /** Counts what is sent and received. */
  readonly traffic: Traffic;
  /** What is read from the client per second; `null` for as fast as it sends. */
  readonly inputBytesPerSecond: number | null;
}

/** What a raw terminal needs of the sessions. */
export type TerminalHost = Pick<SessionHost, 'attach' | 'resize'>;

/**
 * Reads `role`, `from`, `cols` and `rows`.
 * Throws a `ProtocolError` that names the parameter.
 */
export function parseRawTerminalRequest(sessionId: string, query: URLSearchParams): RawTerminalRequest {
  const role = query.get('role') ?? 'driver';
  if (role !== 'driver' && role !== 'observer') throw invalid('role', 'driver or observer');
  const from = query.get('from') ?? 'start';
  const known = from === 'start' || from === 'now';
  if (!known && !/^\d{1,15}$/.test(from)) throw invalid('from', 'start, now or an offset');
  const cols = side(query, 'cols');
  const rows = side(query, 'rows');
  if ((cols === null) !== (rows === null))
    throw invalid(cols === null ? 'cols' : 'rows', 'given together with the other side');
  return {
    sessionId,
    role,
    from: known ? from : Number(from),
    size: cols === null || rows === null ? null : { cols, rows },
  };
}

/**
 * A terminal as plain bytes on a WebSocket, as a browser terminal's attach add-on speaks it: what the client sends, text or binary, is
 * typed; what the session puts out arrives as binary messages; nothing else is said. Ends with 1000 when the program did.
 *
 * Nothing queues here. A slow client loses the oldest output and, because there are only bytes, is not told; who needs to know attaches
 * over the protocol. A program that does not read stops the client: its input waits where it is, as that of a client does which sends
 * faster than it may. What an observer types is ignored.
 */
export class RawTerminal {
  #attachment: OutputAttachment | null = null;
  #ws: WebSocket | null = null;
  #reading: ReadingGate | null = null;
  #meter: InputMeter | null = null;
  #output: WebSocketOutput | null = null;
  #traffic: Traffic | null = null;
  readonly #guard: Guard;
  /** Input the program could not take yet; while there is some, the WebSocket is not read. */
  #waiting: Buffer[] = [];

  private constructor(containment: Containment, facts: Readonly<Record<string, string>>) {
    this.#guard = containment.guard({ kind: 'terminal', facts, end: () => this.#abort() });
  }

  /**
   * Attaches to the session and gives the terminal its size, before there is a WebSocket.
   * Throws the `ProtocolError` of the refusal.
   */
  static async open(
    host: TerminalHost,
    { sessionId, role, from, size }: RawTerminalRequest,
    principalId: string,
    containment: Containment,
  ): Promise<RawTerminal> {
    const terminal = new RawTerminal(containment, { sessionId, principal: principalId });
    const guard = terminal.#guard;
    const attachment = await host.attach(
      { type: 'attach', sessionId, role, from },
      { onReadable: guard(() => terminal.#pump()), onInputDrained: guard(() => terminal.#takeInput()) },
    );
    if (attachment.kind === 'events') {
      attachment.close();
      throw new ProtocolError('INVALID_STATE', 'Cannot open terminal: the session is of kind agent, not pty');
    }
    terminal.#attachment = attachment;
    try {
      if (size !== null && role === 'driver')
        await host.resize({ type: 'resize', sessionId, ...size }, causeOf(principalId));
    } catch (error) {
      terminal.close();
      throw error;
    }
    return terminal;
  }

  /** Begins to carry bytes. `socket` is the one of the upgrade that made `ws`; both belong to the terminal from then on. */
  start(ws: WebSocket, socket: Socket, { frames, traffic, inputBytesPerSecond }: RawTerminalOptions): void {
    const guard = this.#guard;
    this.#ws = ws;
    this.#traffic = traffic;
    const reading = new ReadingGate({
      pauseReading: () => {
        // A paused socket would not see the client's half of the closing handshake.
        if (ws.readyState === WebSocket.OPEN) ws.pause();
      },
      resumeReading: () => ws.resume(),
    });
    this.#reading = reading;
    if (inputBytesPerSecond !== null) this.#meter = InputMeter.of(reading, inputBytesPerSecond);
    this.#output = new WebSocketOutput(
      ws,
      socket,
      frames,
      guard(() => this.#pump()),
    );
    const received = (data: RawData): void => {
      // `nodebuffer` is the binary type of every WebSocket here.
      const typed = data as Buffer;
      traffic.received.raw += typed.length;
      // Nobody takes the rest of it; and a paused socket would not see the closing handshake.
      if (this.#attachment === null) return;
      this.#meter?.received(typed.length);
      this.#waiting.push(typed);
      if (this.#waiting.length === 1) this.#takeInput();
    };
    ws.on('message', guard(received));
    ws.on(
      'close',
      guard(() => this.close()),
    );
    this.#pump();
  }

  /** Lets go of the session; the WebSocket is not touched. Idempotent. */
  close(): void {
    this.#attachment?.close();
    this.#attachment = null;
    this.#meter?.close();
    this.#waiting = [];
  }

  /** Ends after a failure of its own. */
  #abort(): void {
    this.close();
    this.#ws?.resume();
    this.#ws?.close(closeCodes.failed, 'a defect of the server ended the terminal');
  }

  #pump(): void {
    const output = this.#output;
    const traffic = this.#traffic;
    while (output !== null && traffic !== null && this.#attachment !== null) {
      const attachment: OutputAttachment = this.#attachment;
      const { bufferedBytes } = output;
      // As for every subscription: at once while the socket is empty, in full frames while it is backed up.
      if (bufferedBytes > 0 && (bufferedBytes >= MAX_BUFFERED_BYTES || attachment.pending < FRAME_BYTES)) return;
      const chunk = attachment.next(FRAME_BYTES);
      if (chunk === undefined) return;
      if (chunk.kind === 'end') {
        this.close();
        // A paused socket would not see the client's half of the closing handshake.
        this.#ws?.resume();
        output.close(closeCodes.done, 'the program ended');
        return;
      }
      if (chunk.kind === 'bytes') {
        const frame = output.allocateFrame(chunk.bytes.length);
        frame.set(chunk.bytes, frame.length - chunk.bytes.length);
        output.sendFrame(frame);
        traffic.sent.raw += chunk.bytes.length;
      } else {
        traffic.gapBytes += chunk.to - chunk.from;
      }
      attachment.acknowledge(attachment.offset);
    }
  }

  #takeInput(): void {
    while (this.#attachment !== null && this.#waiting.length > 0) {
      const message = this.#waiting[0]!;
      const piece = message.subarray(0, INPUT_BYTES);
      try {
        this.#attachment.write(piece);
      } catch (error) {
        if (isProtocolError(error) && error.code === 'INPUT_QUEUE_FULL') {
          this.#reading?.pause('unread');
          return;
        }
        // An observer, or a program that is gone: there is nobody to type to, and no words to say so.
        this.#waiting = [];
        return;
      }
      if (piece.length === message.length) this.#waiting.shift();
      else this.#waiting[0] = message.subarray(piece.length);
    }
    this.#reading?.resume('unread');
  }
}

function side(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) return null;
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > MAX_SIDE) throw invalid(name, `a whole number from 1 to ${groupDigits(MAX_SIDE)}`);
  return value;
}

function invalid(field: string, allowed: string): ProtocolError {
  return new ProtocolError('INVALID_COMMAND', `Cannot open terminal: ${field} must be ${allowed}`, {
    details: { field },
  });
}
