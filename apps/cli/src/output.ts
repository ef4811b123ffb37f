import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Chunk } from '@sessiond/client';

/**
 * The standard output: bytes, lines or JSON, never faster than the reader takes them.
 *
 * That it takes no more, because its reader went away (`EPIPE`) or the disk is full, is told once through `onGone`; what
 * is written afterwards is dropped.
 */
export class Output {
  readonly #stream: Writable;
  readonly #signal: AbortSignal;
  #isGone = false;

  /** `signal` ends waiting for a reader that has stopped reading. */
  constructor(stream: Writable, signal: AbortSignal, onGone: (error: NodeJS.ErrnoException) => void) {
    this.#stream = stream;
    this.#signal = signal;
    stream.on('error', (error) => {
      if (this.#isGone) return;
      this.#isGone = true;
      onGone(error);
    });
  }

  /** Writes and, when the reader is behind, waits for it. Rejects with the reason of the signal. */
  async write(data: string | Uint8Array): Promise<void> {
    if (this.#isGone || data.length === 0 || this.#stream.write(data) || this.#isGone) return;
    await this.#drained();
  }

  line(text: string): Promise<void> {
    return this.write(`${text}\n`);
  }

  /** One JSON document per line. */
  json(value: unknown): Promise<void> {
    return this.line(JSON.stringify(value));
  }

  /** Resolves when everything has left, or nobody is there to take it, or the program has to end. Never throws. */
  async flush(): Promise<void> {
    if (this.#isGone) return;
    const written = new Promise<void>((resolve) => this.#stream.write('', () => resolve()));
    const ended = once(this.#signal, 'abort').then(() => undefined);
    if (!this.#signal.aborted) await Promise.race([written, ended]);
  }

  async #drained(): Promise<void> {
    try {
      await once(this.#stream, 'drain', { signal: this.#signal });
    } catch (error) {
      if (this.#signal.aborted) throw this.#signal.reason;
      if (!this.#isGone) throw error;
    }
  }
}

/** A chunk as one line of JSON: bytes as base64. */
export function chunkJson(chunk: Chunk): object {
  switch (chunk.kind) {
    case 'bytes':
      return { type: 'bytes', offset: chunk.offset, dataBase64: Buffer.from(chunk.bytes).toString('base64') };
    case 'gap':
      return { type: 'gap', from: chunk.from, to: chunk.to };
    case 'end':
      return { type: 'end', offset: chunk.offset };
  }
}

/** A gap as a sentence. */
export function gapText(from: number, to: number): string {
  const bytes = (to - from).toLocaleString('en-US');
  return `${bytes} bytes of output are missing here (offset ${from} up to ${to}): they were overwritten before they were read`;
}

/** Makes text of unknown origin safe to print: control characters become visible. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => {
    const code = character.codePointAt(0)!;
    return code < 0x20 ? `^${String.fromCharCode(code + 0x40)}` : '\u{fffd}';
  });
}
