import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { AgentFeed, FeedEvent, FeedGap } from '@sessiond/client';
import { LineReader } from '../transports/line-reader.ts';
import { EventTranslator } from './event-translator.ts';
import { messageFields, type RpcCommand, readRpcCommand } from './rpc-command.ts';
import type { RpcOutput } from './rpc-output.ts';
import { RpcRefusal } from './rpc-refusal.ts';
import { RpcReply } from './rpc-reply.ts';
import { agentState, RPC_REQUESTS, type RpcTarget } from './rpc-requests.ts';

/** What one client of the dialect is served with. */
export interface RpcSessionOptions extends RpcTarget {
  readonly feed: AgentFeed;
  readonly output: RpcOutput;
  /** The longest line that is taken. */
  readonly maxLineBytes: number;
  /** Told what the client has no answer for, in one sentence. */
  readonly onProblem: (sentence: string) => void;
}

/** Commands that may be unanswered at once; more are refused. */
const MAX_UNANSWERED = 256;

/**
 * One agent session of the daemon for one client that speaks the dialect of `pi --mode rpc`: a JSON object per line, ended by LF.
 *
 * ```
 *  stdin ─→ line ─→ command ─→ daemon ─→ answer ──→ stdout
 *                                events ─→ dialect ──↑
 * ```
 *
 * Answers and events share stdout. An answer may come a moment before what happened ahead of it, but for that of `abort`: behind it nothing comes of the run that
 * it has ended. Events that the client does not read wait in the daemon's log, which is bounded. A line is bounded while it is read, at most 256 commands are
 * unanswered, and none is read while more than 4 MiB wait for the client.
 */
export class RpcSession {
  readonly #options: RpcSessionOptions;
  readonly #reader: LineReader;
  readonly #translator = new EventTranslator();
  /** A prompt that the agent has not taken up yet. */
  #starting: { readonly commandId: string; readonly accept: () => void; readonly settled: Promise<void> } | undefined;
  #unanswered = 0;
  #onAllAnswered: () => void = () => {};
  /** After missing events: where the log ended when the agent was found at rest. */
  #restBefore: number | undefined;
  /** Number of the first event that was not told yet. */
  #nextSeq: number;
  /** Answers that wait for the events before them. */
  readonly #onTold = new Set<() => void>();

  constructor(options: RpcSessionOptions) {
    this.#options = options;
    this.#nextSeq = options.feed.seq;
    const tooLong = (): void =>
      this.#refuseLine(`Cannot read command: the line is longer than ${options.maxLineBytes} bytes`);
    this.#reader = new LineReader(options.maxLineBytes, { onLine: (line) => this.#readLine(line), onTooLong: tooLong });
  }

  /**
   * Takes commands until the input ends and all of them are answered, or `over` is aborted; what has no line end at the end is a line too. Never
   * rejects.
   */
  read(input: Readable, over: AbortSignal): Promise<void> {
    const { output } = this.#options;
    return new Promise((resolve) => {
      input.on('data', (chunk: Buffer) => {
        this.#reader.push(chunk);
        if (!output.isFull) return;
        // Every command has an answer, and nobody reads them.
        input.pause();
        void output.drained().then(() => input.resume());
      });
      input.once('end', () => {
        this.#reader.end();
        void this.#allAnswered().then(resolve);
      });
      input.once('error', () => resolve());
      over.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Tells dialogs that waited before, and then what happens, until the session is over. Rejects when the daemon cannot be followed any more. */
  async follow(): Promise<void> {
    const { client, sessionId, feed, output } = this.#options;
    const { dialogs, isStreaming } = await agentState(client, sessionId);
    // The beginning of a long run may be gone from the log.
    if (isStreaming) this.#translator.resume();
    for (const dialog of dialogs) for (const line of this.#translator.dialog(dialog)) output.write(line);
    try {
      for await (const item of feed) {
        if (item.kind === 'gap') await this.#skip(item);
        else this.#tell(item);
        const seq = item.kind === 'gap' ? item.to : item.seq + 1;
        if (this.#restBefore !== undefined && seq >= this.#restBefore) this.#missedEnd();
        this.#toldUntil(seq);
        await output.drained();
      }
    } finally {
      this.#toldUntil(Number.POSITIVE_INFINITY);
    }
  }

  #toldUntil(seq: number): void {
    this.#nextSeq = seq;
    for (const wake of this.#onTold) wake();
    this.#onTold.clear();
  }

  /** Resolves when everything is told that has happened until now, or nothing will be told any more. */
  async #caughtUp(): Promise<void> {
    const { client, sessionId } = this.#options;
    const { end } = await agentState(client, sessionId);
    while (this.#nextSeq < end) {
      await new Promise<void>((resolve) => {
        this.#onTold.add(resolve);
      });
    }
  }

  #tell({ event, timestamp, correlationId, replay }: FeedEvent): void {
    const lines = this.#translator.translate(event, timestamp);
    // From before this client: what follows is put together with it.
    if (replay) return;
    // The answer to the prompt comes before what came of it.
    if (event.type === 'agent_start') this.#accept(correlationId);
    for (const line of lines) this.#options.output.write(line);
  }

  #accept(correlationId: string | undefined): void {
    const starting = this.#starting;
    if (starting === undefined || (correlationId !== undefined && correlationId !== starting.commandId)) return;
    this.#starting = undefined;
    starting.accept();
  }

  /** The end of a run may be among the missing events, and clients wait for it. */
  async #skip(gap: FeedGap): Promise<void> {
    this.#options.onProblem(`events ${gap.from} to ${gap.to - 1} are not told: they came faster than they were read`);
    this.#translator.skip();
    const { client, sessionId } = this.#options;
    const state = await agentState(client, sessionId);
    this.#restBefore = state.isStreaming ? undefined : state.end;
  }

  #missedEnd(): void {
    this.#restBefore = undefined;
    const lines = this.#translator.breakOff('the end of the answer was missed', new Date().toISOString());
    for (const line of lines) this.#options.output.write(line);
  }

  #readLine(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (!isUtf8(bytes)) {
      this.#refuseLine('Cannot read command: the line is no UTF-8 text');
      return;
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
    const command = readRpcCommand(text);
    if (typeof command === 'string') this.#refuseLine(command);
    else if (command.type === 'extension_ui_response') void this.#answerDialog(command);
    else void this.#answer(command);
  }

  #allAnswered(): Promise<void> {
    if (this.#unanswered === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onAllAnswered = resolve;
    });
  }

  #refuseLine(sentence: string): void {
    new RpcReply(this.#options.output, 'parse', undefined).fail(sentence);
  }

  async #answer(command: RpcCommand): Promise<void> {
    const reply = new RpcReply(this.#options.output, command.type, command.id);
    if (this.#unanswered >= MAX_UNANSWERED) {
      reply.fail(`Cannot take command: ${MAX_UNANSWERED} commands are unanswered`);
      return;
    }
    this.#unanswered += 1;
    try {
      const data = await this.#carryOut(command, reply);
      // Whoever is told that the run is over is to find it so.
      if (command.type === 'abort') await this.#caughtUp();
      reply.succeed(data);
    } catch (error) {
      reply.fail((error as Error).message);
    } finally {
      this.#unanswered -= 1;
      if (this.#unanswered === 0) this.#onAllAnswered();
    }
  }

  #carryOut(command: RpcCommand, reply: RpcReply): Promise<object | null | undefined> {
    switch (command.type) {
      case 'prompt':
        return this.#prompt(command, reply);
      case 'steer':
      case 'follow_up':
        return this.#enqueue(command.type, command);
    }
    const request = Object.hasOwn(RPC_REQUESTS, command.type) ? RPC_REQUESTS[command.type] : undefined;
    if (request === undefined)
      throw new RpcRefusal(`Cannot carry out command: ${command.type.slice(0, 64)} is unknown`);
    return request(command, this.#options);
  }

  /** Answers when the agent has taken the prompt up; what becomes of it is told by events. */
  async #prompt(command: RpcCommand, reply: RpcReply): Promise<undefined> {
    const { client, sessionId } = this.#options;
    if (this.#translator.isRunning || this.#starting !== undefined) {
      const { streamingBehavior } = command;
      if (streamingBehavior === 'steer') return this.#enqueue('steer', command);
      if (streamingBehavior === 'followUp') return this.#enqueue('follow_up', command);
      throw new RpcRefusal('Cannot prompt: the agent works; streamingBehavior says "steer" or "followUp" then');
    }
    const commandId = `rpc-${randomUUID()}`;
    const run = client.request('prompt', { id: commandId, sessionId, ...messageFields(command) });
    // Its failure may be read before the events ahead of it: a run that had begun is not refused, it ends with what went wrong.
    const over = run.catch(async (error: unknown) => {
      await this.#caughtUp().catch(() => {});
      throw error;
    });
    let accept!: () => void;
    const accepted = new Promise<void>((resolve) => {
      accept = () => {
        reply.succeed();
        resolve();
      };
    });
    // A prompt that an extension of the agent deals with is over without a run.
    const answered = Promise.race([accepted, over.then(accept)]);
    const starting = { commandId, accept, settled: answered.catch(() => {}) };
    this.#starting = starting;
    try {
      await answered;
    } finally {
      if (this.#starting === starting) this.#starting = undefined;
    }
    return undefined;
  }

  /** What is sent right behind a prompt waits until the agent works on that. */
  async #enqueue(type: 'steer' | 'follow_up', command: RpcCommand): Promise<undefined> {
    const { client, sessionId } = this.#options;
    await this.#starting?.settled;
    await client.request(type, { sessionId, ...messageFields(command) });
    return undefined;
  }

  /** Has no answer in the dialect, so a refusal is told to whoever runs this. */
  async #answerDialog(command: RpcCommand): Promise<void> {
    const { client, sessionId, onProblem } = this.#options;
    const { id, value, confirmed, cancelled } = command;
    try {
      await client.request('extension_ui_response', {
        sessionId,
        requestId: id as string,
        ...(value !== undefined && { value: value as string }),
        ...(confirmed !== undefined && { confirmed: confirmed as boolean }),
        ...(cancelled !== undefined && { cancelled: cancelled as true }),
      });
    } catch (error) {
      onProblem((error as Error).message);
    }
  }
}
