import { isUtf8 } from 'node:buffer';
import type { BashData, BashEvent } from '@sessiond/protocol';
import type { OutputStream } from '@sessiond/pty-core';
import { RingBuffer } from '@sessiond/ring-buffer';

/** What an answer tells of the output. */
export type KeptOutput = Pick<BashData, 'output' | 'outputBase64' | 'start' | 'totalBytes' | 'truncated'>;

/** A character of UTF-8 has at most so many bytes behind the first. */
const MAX_TRAIL_BYTES = 3;

/**
 * The output of one command: passes all of it on in pieces, and keeps the end.
 *
 * Both streams make one sequence of bytes, in the order in which they were read. A character that a read has torn apart is put together first, so that
 * neither a piece nor what the other stream wrote meanwhile splits it. Memory: the bytes kept, and 3 per stream.
 */
export class BashOutput {
  readonly #ring: RingBuffer;
  readonly #torn: Record<OutputStream, Uint8Array> = { stdout: new Uint8Array(), stderr: new Uint8Array() };

  /** @param keepBytes how much of the end is kept. */
  constructor(keepBytes: number) {
    this.#ring = new RingBuffer(keepBytes);
  }

  get totalBytes(): number {
    return this.#ring.end;
  }

  /** Takes what was read; `undefined` while that is only a part of a character. */
  take(stream: OutputStream, read: Uint8Array): BashEvent<'bash.output'> | undefined {
    const bytes = this.#torn[stream].length === 0 ? read : Buffer.concat([this.#torn[stream], read]);
    const whole = bytes.length - tornBytes(bytes);
    // A copy: a part of what was read would keep all of that in memory.
    this.#torn[stream] = Uint8Array.from(bytes.subarray(whole));
    return whole === 0 ? undefined : this.#piece(stream, bytes.subarray(0, whole));
  }

  /** What is left when there will be nothing more: characters that never became whole. */
  finish(): BashEvent<'bash.output'>[] {
    return (['stdout', 'stderr'] as const).flatMap((stream) => {
      const torn = this.#torn[stream];
      this.#torn[stream] = new Uint8Array();
      return torn.length === 0 ? [] : [this.#piece(stream, torn)];
    });
  }

  /** The end of the output. */
  kept(): KeptOutput {
    const { start: oldest, end: totalBytes } = this.#ring;
    const truncated = oldest > 0;
    const all = Buffer.from(this.#ring.readAt(oldest, totalBytes - oldest));
    const trail = truncated ? trailBytes(all) : 0;
    const bytes = all.subarray(trail);
    if (isUtf8(bytes)) return { output: bytes.toString('utf8'), start: oldest + trail, totalBytes, truncated };
    const lossy = { output: all.toString('utf8'), outputBase64: all.toString('base64') };
    return { ...lossy, start: oldest, totalBytes, truncated };
  }

  #piece(stream: OutputStream, piece: Uint8Array): BashEvent<'bash.output'> {
    const offset = this.#ring.end;
    this.#ring.write(piece);
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    const content = isUtf8(bytes) ? { data: bytes.toString('utf8') } : { dataBase64: bytes.toString('base64') };
    return { type: 'bash.output', stream, offset, bytes: bytes.length, ...content };
  }
}

/** How many bytes at the end are the beginning of a character whose rest is still to come. */
function tornBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(MAX_TRAIL_BYTES, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back]!;
    if (!isTrail(byte)) return characterBytes(byte) > back ? back : 0;
  }
  return 0;
}

/** How many bytes at the beginning are the end of a character whose first byte is gone. */
function trailBytes(bytes: Uint8Array): number {
  let count = 0;
  while (count < MAX_TRAIL_BYTES && count < bytes.length && isTrail(bytes[count]!)) count += 1;
  return count;
}

function isTrail(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** How long the character is that begins with this byte; 1 for what begins none. */
function characterBytes(first: number): number {
  if (first >= 0xf0 && first <= 0xf4) return 4;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xc2 && first < 0xe0 ? 2 : 1;
}
