/** What a {@link FrameScanner} tells about the frames it passes over. */
export interface FrameSink {
  /** How many bytes from the payload's start `onFrame` needs; what lies behind them is passed over unseen. */
  headBytes(opcode: number, payloadBytes: number): number;
  /** A frame whose head has arrived. `head` is only valid during the call. */
  onFrame(opcode: number, payloadBytes: number, head: Buffer): void;
}

const SMALL_HEAD_BYTES = 128;

/**
 * Walks over a server's WebSocket frames (RFC 6455, section 5.2) without copying their payloads.
 *
 * The measuring client shares the machine with the server it measures, so what it spends is taken from the server: a
 * frame costs a handful of byte copies here, whatever its size. Fragmented messages are told frame by frame.
 */
export class FrameScanner {
  readonly #sink: FrameSink;
  readonly #header: Buffer = Buffer.alloc(10);
  readonly #smallHead: Buffer = Buffer.alloc(SMALL_HEAD_BYTES);
  #head: Buffer = this.#smallHead;
  #headerFilled = 0;
  #headFilled = 0;
  #headWanted = 0;
  #skipBytes = 0;
  #opcode = 0;
  #payloadBytes = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Takes the next bytes of the connection, cut anywhere. Throws on a masked frame, which no server may send. */
  scan(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#skipBytes > 0) {
        const passed = Math.min(this.#skipBytes, chunk.length - at);
        this.#skipBytes -= passed;
        at += passed;
      } else if (this.#headFilled < this.#headWanted) {
        const taken = Math.min(this.#headWanted - this.#headFilled, chunk.length - at);
        this.#head.set(chunk.subarray(at, at + taken), this.#headFilled);
        this.#headFilled += taken;
        at += taken;
        if (this.#headFilled === this.#headWanted) this.#tell();
      } else {
        this.#header[this.#headerFilled++] = chunk[at++]!;
        if (this.#headerFilled >= 2 && this.#headerFilled === headerBytes(this.#header[1]!)) this.#begin();
      }
    }
  }

  #begin(): void {
    const short = this.#header[1]!;
    this.#opcode = this.#header[0]! & 0x0f;
    this.#payloadBytes =
      short < 126 ? short : short === 126 ? this.#header.readUInt16BE(2) : Number(this.#header.readBigUInt64BE(2));
    this.#headerFilled = 0;
    this.#headFilled = 0;
    this.#headWanted = Math.min(this.#payloadBytes, this.#sink.headBytes(this.#opcode, this.#payloadBytes));
    this.#head = this.#headWanted <= SMALL_HEAD_BYTES ? this.#smallHead : Buffer.allocUnsafe(this.#headWanted);
    if (this.#headWanted === 0) this.#tell();
  }

  #tell(): void {
    const head = this.#head.subarray(0, this.#headWanted);
    this.#skipBytes = this.#payloadBytes - this.#headWanted;
    this.#headWanted = 0;
    this.#headFilled = 0;
    this.#sink.onFrame(this.#opcode, this.#payloadBytes, head);
  }
}

function headerBytes(second: number): number {
  if (second & 0x80) throw new Error('Cannot scan frames: the server sent a masked one');
  return second < 126 ? 2 : second === 126 ? 4 : 10;
}
