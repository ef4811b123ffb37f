import type { Readable, Writable } from 'node:stream';
import { AgentFailedError } from '../../errors.ts';
import { LineSplitter } from '../../line-splitter.ts';
import { fromWireError, toWireError, type WireError } from './wire-error.ts';

const DEFAULTS = Object.freeze({
  /** A prompt with pictures is 10 MiB, an answer of messages 4 MiB; JSON escapes some of it. */
  maxLineBytes: 64 * 1024 * 1024,
  /** A side that is this far behind is stuck. */
  maxUnsentBytes: 128 * 1024 * 1024,
  maxPending: 4096,
});

/** Requests of one side: name, then what is asked and what is answered. */
export type Requests = Record<string, [params: unknown, result: unknown]>;
/** What one side tells without an answer. */
export type Tells = Record<string, unknown>;

/** What one side can be asked and told. */
export interface Vocabulary {
  readonly requests: Requests;
  readonly tells: Tells;
}

/** Carries out what the other side asks; aborting the signal is the other side's wish to end it. */
export type RequestHandlers<R extends Requests> = {
  readonly [K in keyof R]: (params: R[K][0], signal: AbortSignal) => Promise<R[K][1]> | R[K][1];
};
/** Takes what the other side tells. */
export type TellHandlers<T extends Tells> = { readonly [K in keyof T]: (params: T[K]) => void };

/** The two ends of a pipe, and what is done with what comes. */
export interface PeerOptions<Mine extends Vocabulary> {
  readonly input: Readable;
  readonly output: Writable;
  readonly requests: RequestHandlers<Mine['requests']>;
  readonly tells: TellHandlers<Mine['tells']>;
  /** Called once when nothing can be said any more: the other side is gone, or said what it must not. */
  readonly onClosed: (reason: string) => void;
  readonly maxLineBytes?: number;
  readonly maxUnsentBytes?: number;
  readonly maxPending?: number;
}

type Line =
  | { readonly ask: number; readonly name: string; readonly params: unknown }
  | { readonly cancel: number }
  | { readonly answer: number; readonly result?: unknown; readonly error?: WireError }
  | { readonly tell: string; readonly params: unknown };

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One end of a conversation of two processes in lines of JSON: requests with answers, which can be cancelled, and things that are told.
 *
 * Everything is sent and taken in order. Nothing is unbounded: lines, requests of either side without an answer, and bytes the other side has not taken yet each
 * have a limit. A side that goes over one is out of order, and the conversation ended; so that this side does not, a request too many or too long is refused alone,
 * an answer that is too long becomes an error, and what is too long to be told is not sent.
 */
export class Peer<Mine extends Vocabulary, Theirs extends Vocabulary> {
  readonly #output: Writable;
  readonly #requests: RequestHandlers<Mine['requests']>;
  readonly #tells: TellHandlers<Mine['tells']>;
  readonly #onClosed: (reason: string) => void;
  readonly #maxLineBytes: number;
  readonly #maxUnsentBytes: number;
  readonly #maxPending: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #running = new Map<number, AbortController>();
  #next = 0;
  #closed: string | undefined;

  constructor(options: PeerOptions<Mine>) {
    this.#output = options.output;
    this.#requests = options.requests;
    this.#tells = options.tells;
    this.#onClosed = options.onClosed;
    this.#maxUnsentBytes = options.maxUnsentBytes ?? DEFAULTS.maxUnsentBytes;
    this.#maxPending = options.maxPending ?? DEFAULTS.maxPending;
    this.#maxLineBytes = options.maxLineBytes ?? DEFAULTS.maxLineBytes;
    const lines = new LineSplitter(this.#maxLineBytes);
    options.input.on('data', (chunk: Buffer) => {
      if (this.#closed !== undefined) return;
      try {
        lines.push(chunk, (line) => this.#take(line));
      } catch {
        this.close('a line was too long or could not be taken');
      }
    });
    options.input.on('end', () => this.close('the other side has ended'));
    options.input.on('error', () => this.close('reading failed'));
    options.output.on('error', () => this.close('writing failed'));
  }

  /** Whether the conversation is over. */
  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** Bytes that were said and not yet taken. */
  get unsentBytes(): number {
    return this.#output.writableLength;
  }

  /**
   * Asks the other side. Aborting the signal tells it to end what it does, and the answer is waited for all the same.
   * @throws the error of the other side as one of this package, AgentFailedError with `interrupted` when it is gone before it answers.
   */
  request<K extends keyof Theirs['requests'] & string>(
    name: K,
    params: Theirs['requests'][K][0],
    signal?: AbortSignal,
  ): Promise<Theirs['requests'][K][1]> {
    if (this.#closed !== undefined) return Promise.reject(gone(this.#closed));
    if (this.#waiting.size >= this.#maxPending) {
      return Promise.reject(
        new AgentFailedError(`Cannot ask the process of the agent: ${this.#waiting.size} requests wait already`),
      );
    }
    const id = this.#next++;
    const asked = this.#encode({ ask: id, name, params });
    if (asked === undefined) {
      return Promise.reject(
        new AgentFailedError(
          `Cannot ask the process of the agent: what is asked has more than ${this.#maxLineBytes} bytes`,
        ),
      );
    }
    return new Promise<Theirs['requests'][K][1]>((resolve, reject) => {
      const onAbort = () => this.#send({ cancel: id });
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          signal?.removeEventListener('abort', onAbort);
          settle(value);
        };
      this.#waiting.set(id, { resolve: settled(resolve as (result: unknown) => void), reject: settled(reject) });
      this.#write(asked);
      if (signal?.aborted === true) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Tells the other side something; without effect once it is gone. @returns false when it is too long, and was not sent. */
  tell<K extends keyof Theirs['tells'] & string>(name: K, params: Theirs['tells'][K]): boolean {
    return this.#send({ tell: name, params });
  }

  /** Ends the conversation: what the other side was asked fails, what it asked is aborted. Idempotent. */
  close(reason: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    for (const controller of this.#running.values()) controller.abort(gone(reason));
    this.#running.clear();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(gone(reason));
    this.#onClosed(reason);
  }

  /** @returns false when the line is too long, and was not sent. */
  #send(line: Line): boolean {
    const text = this.#encode(line);
    if (text !== undefined) this.#write(text);
    return text !== undefined;
  }

  #encode(line: Line): string | undefined {
    const text = JSON.stringify(line);
    return Buffer.byteLength(text) > this.#maxLineBytes ? undefined : `${text}\n`;
  }

  #write(text: string): void {
    if (this.#closed !== undefined) return;
    this.#output.write(text);
    if (this.#output.writableLength > this.#maxUnsentBytes) this.close('the other side does not read');
  }

  #take(text: string): void {
    if (this.#closed !== undefined) return;
    const line = parse(text);
    if (line === undefined) {
      this.close('a line was no message');
      return;
    }
    if ('tell' in line) this.#hear(line.tell, line.params);
    else if ('ask' in line) void this.#carryOut(line.ask, line.name, line.params);
    else if ('cancel' in line) this.#running.get(line.cancel)?.abort();
    else this.#settle(line);
  }

  #hear(name: string, params: unknown): void {
    if (Object.hasOwn(this.#tells, name)) this.#tells[name]?.(params as never);
  }

  #settle({ answer, result, error }: Extract<Line, { readonly answer: number }>): void {
    const waiting = this.#waiting.get(answer);
    this.#waiting.delete(answer);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(fromWireError(error));
  }

  async #carryOut(id: number, name: string, params: unknown): Promise<void> {
    if (this.#running.size >= this.#maxPending) {
      this.close('it asked too much at once');
      return;
    }
    const controller = new AbortController();
    this.#running.set(id, controller);
    try {
      // What every object has is none of the vocabulary.
      const handler = Object.hasOwn(this.#requests, name) ? this.#requests[name] : undefined;
      if (handler === undefined) throw new AgentFailedError('Cannot answer: the request is unknown');
      const result = await handler(params as never, controller.signal);
      if (this.#send({ answer: id, result })) return;
      throw new AgentFailedError(`Cannot answer: the answer has more than ${this.#maxLineBytes} bytes`);
    } catch (error) {
      this.#send({ answer: id, error: toWireError(error) });
    } finally {
      this.#running.delete(id);
    }
  }
}

function parse(text: string): Line | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null ? (line as Line) : undefined;
  } catch {
    return undefined;
  }
}

function gone(reason: string): AgentFailedError {
  return new AgentFailedError(`The process of the agent cannot be reached: ${reason}`, { interrupted: true });
}
