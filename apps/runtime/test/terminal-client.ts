import { createHash, randomUUID } from 'node:crypto';
import {
  type DeltaMessage,
  decodeFrame,
  type EventMessage,
  encodeFrame,
  type Frame,
  GrowingTexts,
} from '@sessiond/protocol';
import { WireClient, type WireTarget } from '@sessiond/testkit';

type Message = Record<string, unknown>;

/** Everything one channel brought, in order. */
export class ChannelLog {
  readonly channel: number;
  readonly chunks: { readonly offset: number; readonly replay: boolean; readonly bytes: Uint8Array }[] = [];
  readonly gaps: { readonly from: number; readonly to: number }[] = [];
  inputAcknowledged = 0;
  end: number | undefined;
  /** Offset behind the last byte or gap. */
  offset: number;
  #changed: () => void = () => {};

  constructor(channel: number, from: number) {
    this.channel = channel;
    this.offset = from;
  }

  /** All bytes received, without the gaps. */
  get bytes(): Buffer {
    return Buffer.concat(this.chunks.map(({ bytes }) => bytes));
  }

  get text(): string {
    return this.bytes.toString();
  }

  get sha256(): string {
    return createHash('sha256').update(this.bytes).digest('hex');
  }

  /** Takes a frame and checks that it continues exactly where the last one ended. */
  take(frame: Frame): void {
    const at = frame.kind === 'gap' ? frame.from : frame.offset;
    if (frame.kind !== 'ack' && at !== this.offset) throw new Error(`${frame.kind} at ${at}, expected ${this.offset}`);
    switch (frame.kind) {
      case 'output':
        this.chunks.push({ offset: frame.offset, replay: frame.replay, bytes: frame.payload.slice() });
        this.offset += frame.payload.length;
        break;
      case 'gap':
        this.gaps.push({ from: frame.from, to: frame.to });
        this.offset = frame.to;
        break;
      case 'end':
        this.end = frame.offset;
        break;
      case 'ack':
        this.inputAcknowledged = frame.offset;
        break;
      case 'input':
        throw new Error('a server sends no input');
    }
    this.#changed();
  }

  /** Resolves when the condition holds; it is asked after every frame. */
  async until(holds: (log: this) => boolean): Promise<void> {
    while (!holds(this)) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

/** A client for tests: commands with answers, channels as logs, events as a list; nothing is interpreted beyond that. */
export class TerminalClient {
  readonly wire: WireClient;
  /** Everything that came as text, in order. */
  readonly messages: Message[] = [];
  readonly events: Message[] = [];
  /** Failures that answer no command with an id. */
  readonly failures: Message[] = [];
  readonly #channels = new Map<number, ChannelLog>();
  readonly #texts = new GrowingTexts();
  readonly #answers = new Map<string, (answer: Message) => void>();
  readonly #listeners = new Set<() => void>();
  /** Ids name outcomes for as long as the daemon remembers them, so that no two clients may choose the same. */
  readonly #idPrefix = randomUUID();
  #lastId = 0;

  private constructor(wire: WireClient) {
    this.wire = wire;
    wire.ws.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.#frame(data);
      else this.#message(JSON.parse(data.toString()) as Message);
      for (const listener of this.#listeners) listener();
    });
  }

  static async connect(target: WireTarget): Promise<TerminalClient> {
    return new TerminalClient(await WireClient.connect(target));
  }

  /** Sends a command and resolves with its response, whether success or failure. */
  command(type: string, fields: Message = {}): Promise<Message> {
    const id = typeof fields['id'] === 'string' ? fields['id'] : this.#nextId();
    const answer = new Promise<Message>((resolve) => this.#answers.set(id, resolve));
    this.wire.send({ type, id, ...fields });
    return answer;
  }

  /** Sends a command that must succeed and resolves with its data. */
  async ask(type: string, fields: Message = {}): Promise<Message> {
    const answer = await this.command(type, fields);
    if (answer['success'] !== true) throw new Error(`${type}: ${String(answer['code'])} ${String(answer['error'])}`);
    return answer['data'] as Message;
  }

  #nextId(): string {
    this.#lastId += 1;
    return `${this.#idPrefix}/${this.#lastId}`;
  }

  /** Starts a program and resolves with its session's id. */
  async run(command: string, args: readonly string[], pty: Message = {}): Promise<string> {
    const { sessionId } = await this.ask('create_session', { kind: 'pty', pty: { command, args, ...pty } });
    return sessionId as string;
  }

  /** Starts a shell script on a raw terminal without echo, so that its bytes arrive as they are. */
  runRaw(script: string, pty: Message = {}): Promise<string> {
    return this.run('/bin/sh', ['-c', `stty raw -echo; ${script}`], pty);
  }

  async attach(sessionId: string, fields: Message = {}): Promise<ChannelLog> {
    const id = this.#nextId();
    let log: ChannelLog | undefined;
    const answer = new Promise<Message>((resolve) =>
      this.#answers.set(id, (message) => {
        const data = message['data'] as { channel: number; from: number } | undefined;
        if (data !== undefined) {
          log = new ChannelLog(data.channel, data.from);
          this.#channels.set(data.channel, log);
        }
        resolve(message);
      }),
    );
    this.wire.send({ type: 'attach', id, sessionId, ...fields });
    const { success, code, error } = await answer;
    if (success !== true) throw new Error(`attach: ${String(code)} ${String(error)}`);
    return log!;
  }

  /** Acknowledges everything a channel brought so far. */
  acknowledge(log: ChannelLog): void {
    this.wire.send(encodeFrame({ kind: 'ack', channel: log.channel, offset: log.offset }));
  }

  input(log: ChannelLog, offset: number, payload: Uint8Array): void {
    this.wire.send(encodeFrame({ kind: 'input', channel: log.channel, offset, payload }));
  }

  /** Resolves when the condition holds; it is asked after every message. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        const listener = (): void => {
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      });
    }
  }

  eventsOf(type: string): Message[] {
    return this.events.filter(({ event }) => (event as Message)['type'] === type);
  }

  /** Ends the connection without a word, as a lost network does. */
  cut(): void {
    this.wire.ws.terminate();
  }

  close(): Promise<unknown> {
    return this.wire.close();
  }

  #frame(data: Buffer): void {
    const decoded = decodeFrame(data);
    if (!decoded.ok) throw new Error(decoded.error.message);
    const log = this.#channels.get(decoded.frame.channel);
    if (log === undefined) throw new Error(`a frame of channel ${decoded.frame.channel}, which is not attached`);
    log.take(decoded.frame);
  }

  #message(message: Message): void {
    this.messages.push(message);
    if (message['type'] === 'event' || message['type'] === 'delta') {
      const event = this.#texts.event(message as unknown as EventMessage | DeltaMessage);
      if (event === undefined) throw new Error(`delta ${String(message['seq'])} goes on with nothing`);
      this.events.push(event as unknown as Message);
    }
    if (message['type'] !== 'response') return;
    const id = message['id'] as string | undefined;
    if (id === undefined) this.failures.push(message);
    else this.#answers.get(id)?.(message);
  }
}
