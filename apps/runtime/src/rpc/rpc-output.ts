import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** So many bytes may wait for the reader before no more commands are read. */
const FULL_BYTES = 4 * 1024 * 1024;

/**
 * Lines on stdout, each ended by one LF. Queues nothing beside the stream: who has much to say waits for {@link RpcOutput.drained}, and who
 * takes commands stops while it {@link RpcOutput.isFull}. After the reader went away lines are dropped.
 */
export class RpcOutput {
  /** Aborted when the reader is gone. */
  readonly gone: AbortSignal;
  readonly #output: Writable;

  constructor(output: Writable) {
    const gone = new AbortController();
    this.gone = gone.signal;
    this.#output = output;
    // A reader that went away (EPIPE) is an ordinary end; the stream would throw without a listener.
    output.on('error', () => gone.abort());
    output.on('close', () => gone.abort());
  }

  /** Whether so much waits for the reader that nothing should be asked that has an answer. */
  get isFull(): boolean {
    return this.#output.writableLength > FULL_BYTES;
  }

  /** Writes one line; `json` holds no line end. */
  write(json: string): void {
    if (!this.gone.aborted) this.#output.write(`${json}\n`);
  }

  /** Settles when the reader has taken most of what was written, or is gone. */
  async drained(): Promise<void> {
    if (!this.#output.writableNeedDrain || this.gone.aborted) return;
    try {
      await once(this.#output, 'drain', { signal: this.gone });
    } catch {
      // The reader is gone.
    }
  }

  /** Settles when everything was handed to the system, or the reader is gone. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      if (this.gone.aborted) return resolve();
      this.gone.addEventListener('abort', () => resolve(), { once: true });
      this.#output.write('', () => resolve());
    });
  }
}
