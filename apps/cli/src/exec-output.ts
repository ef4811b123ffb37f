import type { Client } from '@sessiond/client';
import type { BashEvent } from '@sessiond/protocol';
import { isEventOf } from '@sessiond/protocol/client';
import type { Context } from './context.ts';
import { gapText } from './output.ts';

/** So much may wait for a slow reader before the daemon is not read any more. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/** Passes what a command writes on to stdout and stderr, in order, byte for byte, and no faster than they are read. */
export class ExecOutput {
  readonly #client: Client;
  readonly #context: Context;
  readonly #json: boolean;
  readonly #stop: () => void;
  #queue: Promise<void> = Promise.resolve();
  #waitingBytes = 0;
  #isEnding = false;
  #offset = 0;

  /** Begins to listen; create it before the command is sent. */
  constructor(client: Client, commandId: string, context: Context, json: boolean) {
    this.#client = client;
    this.#context = context;
    this.#json = json;
    this.#stop = client.onEvent((message) => {
      if (message.correlationId === commandId && isEventOf(message, 'bash.output')) this.#take(message.event);
    });
  }

  /** Resolves when everything that came was passed on. Rejects when the program has to end. */
  async flushed(): Promise<void> {
    await this.#queue;
  }

  /** Lets the answer come whatever the reader does: from now on, what there is no room for is dropped. */
  stopWaiting(): void {
    this.#isEnding = true;
    this.#client.resume();
  }

  stop(): void {
    this.#stop();
    this.#client.resume();
  }

  #take(event: BashEvent<'bash.output'>): void {
    const { bytes } = event;
    if (this.#isEnding && this.#waitingBytes > MAX_WAITING_BYTES) return;
    this.#waitingBytes += bytes;
    if (!this.#isEnding && this.#waitingBytes > MAX_WAITING_BYTES) this.#client.pause();
    this.#queue = this.#queue
      .then(() => this.#pass(event))
      .finally(() => {
        this.#waitingBytes -= bytes;
        if (this.#waitingBytes <= MAX_WAITING_BYTES / 2) this.#client.resume();
      });
    // Whoever waits for the end is told of it.
    this.#queue.catch(() => {});
  }

  async #pass({ stream, offset, bytes, data, dataBase64 }: BashEvent<'bash.output'>): Promise<void> {
    const { output, errorOutput, notices } = this.#context;
    const expected = this.#offset;
    this.#offset = offset + bytes;
    if (this.#json) {
      await output.json({ type: 'output', stream, offset, ...(data === undefined ? { dataBase64 } : { data }) });
      return;
    }
    if (offset > expected) notices.say(gapText(expected, offset));
    const content = data ?? Buffer.from(dataBase64 ?? '', 'base64');
    await (stream === 'stdout' ? output : errorOutput).write(content);
  }
}
