import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  type AttachCommand,
  type Command,
  decodeClientMessage,
  decodeFrame,
  type ErrorCode,
  encodeFrame,
  failureResponse,
  type InputFrame,
  type ResponseDataOf,
  serverReady,
  successResponse,
} from '@sessiond/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { TestAgent } from './test-agent.ts';

/** How a {@link TestDaemon} behaves. */
export interface TestDaemonOptions {
  /** Listens on a Unix socket instead of a loopback port. */
  readonly socketPath?: string;
  /** Required as bearer token or subprotocol. */
  readonly token?: string;
  readonly protocolVersion?: string;
  /** Port to listen on; default any that is free. */
  readonly port?: number;
  /** Accepts connections and says nothing. */
  readonly mute?: boolean;
}

/** One output stream of the test daemon: everything is kept, `start` says what a reader may still have. */
export interface TestSession {
  readonly streamId: string;
  output: Buffer;
  start: number;
  ended: boolean;
}

interface TestAttachment {
  readonly sessionId: string;
  readonly channel: number;
  readonly window: number;
  readonly liveFrom: number;
  sent: number;
  acknowledged: number;
  inputOffset: number;
  inputAcknowledged: number;
  endSent: boolean;
}

const OF_ONE_CONNECTION: ReadonlySet<string> = new Set(['attach', 'detach', 'switch_session', 'unsubscribe']);

/** A small real server that speaks the protocol honestly, remembers outcomes by their ids, and breaks off on request. */
export class TestDaemon {
  readonly sessions: Map<string, TestSession> = new Map();
  readonly agents: Map<string, TestAgent> = new Map();
  /** Every command received, in order. */
  readonly commands: Command[] = [];
  /** Every command that was carried out, in order. */
  readonly executed: Command[] = [];
  /** Command types whose answer is lost on its way; they are carried out. */
  readonly unheard: Set<string> = new Set();
  /** How far back it says it remembers; everything unless it is set. */
  reachMs: number | undefined;
  /** Who it takes its clients for. */
  principalId: string = 'tester';
  readonly acks: number[] = [];
  readonly input: { readonly offset: number; readonly text: string }[] = [];
  /** Command types that are as if they had never arrived. */
  readonly ignored: Set<string> = new Set();
  /** Refuses commands unread, as when too many of the connection wait. */
  crowded: boolean = false;
  /** Refusals to give, one each, to the next commands of a type. */
  readonly refusals: { readonly type: string; readonly code: ErrorCode; readonly retryAfterMs?: number }[] = [];
  /** Whether the program takes its input; only then it is acknowledged. */
  reads: boolean = true;
  /** Payload bytes per output frame. */
  frameBytes: number = 65_536;
  /** What it says it reads, and what no client may go beyond. */
  maxMessageBytes: number = 10_485_760;
  /** What somebody on the way lets through, who ends a connection with 1009 for anything larger and says so to nobody. */
  passedBytes: number = Number.POSITIVE_INFINITY;
  readonly #options: TestDaemonOptions;
  readonly #sockets = new Map<WebSocket, TestAttachment[]>();
  readonly #raw = new Set<Socket>();
  #pongs = 0;
  #server: Server | undefined;
  #port = 0;
  #channels = 0;
  #runs = 1;
  /** Answers of those that were carried out, by id. */
  #outcomes = new Map<string, object>();

  constructor(options: TestDaemonOptions = {}) {
    this.#options = options;
    this.#port = options.port ?? 0;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Signs of life from clients; it asks for none. */
  get pongs(): number {
    return this.#pongs;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async listen(): Promise<this> {
    const server = createServer();
    const webSockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      const offered = request.headers['sec-websocket-protocol'] ?? '';
      const { token } = this.#options;
      const allowed =
        token === undefined ||
        request.headers.authorization === `Bearer ${token}` ||
        offered.split(/, */).includes(`sessiond.token.${token}`);
      if (allowed) webSockets.handleUpgrade(request, socket, head, (ws) => this.#accept(ws));
      else socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
    });
    server.on('connection', (socket) => {
      this.#raw.add(socket);
      socket.on('close', () => this.#raw.delete(socket));
    });
    await new Promise<void>((resolve) => {
      if (this.#options.socketPath === undefined) server.listen(this.#port, '127.0.0.1', resolve);
      else server.listen(this.#options.socketPath, resolve);
    });
    if (this.#options.socketPath === undefined) this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
    return this;
  }

  /** Cuts every connection off without a closing handshake. */
  cutOff(): void {
    for (const socket of this.#raw) socket.destroy();
    this.#raw.clear();
    this.#sockets.clear();
  }

  /** Stops reading from every connection, as a machine that vanished would. */
  freeze(): void {
    for (const socket of this.#raw) socket.pause();
  }

  /** Stops listening and cuts every connection off; `listen` starts again at the same address. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve) ?? resolve(undefined));
    this.#server = undefined;
    this.cutOff();
    await closed;
  }

  /** Goes on as another run of the daemon, which remembers the earlier ones as far as it is told. */
  async restart(remembered: 'everything' | 'nothing' | 'interrupted'): Promise<void> {
    await this.stop();
    this.#runs += 1;
    if (remembered === 'nothing') this.#outcomes.clear();
    if (remembered === 'interrupted') {
      const fault = { code: 'INTERRUPTED_BY_RESTART', message: 'the server ended' } as const;
      for (const command of this.commands) this.#outcomes.set(command.id!, failureResponse(command, fault));
    }
    await this.listen();
  }

  /** Knows this failure as the outcome of the command. */
  remember(command: Command, code: ErrorCode): void {
    this.#outcomes.set(command.id!, failureResponse(command, { code, message: 'remembered by the test' }));
  }

  /** Closes every connection with this code. */
  close(code: number): void {
    for (const socket of this.#sockets.keys()) socket.close(code);
  }

  addSession(sessionId: string, streamId = `stream-${sessionId}`): void {
    this.sessions.set(sessionId, { streamId, output: Buffer.alloc(0), start: 0, ended: false });
  }

  addAgent(sessionId: string, streamId?: string): TestAgent {
    const agent = new TestAgent(sessionId, streamId);
    this.agents.set(sessionId, agent);
    return agent;
  }

  /** Appends output and sends what the windows allow. */
  produce(sessionId: string, bytes: string | Uint8Array): void {
    const session = this.sessions.get(sessionId)!;
    session.output = Buffer.concat([session.output, Buffer.from(bytes)]);
    this.#flushAll();
  }

  /** Forgets the bytes before `offset`. */
  dropBefore(sessionId: string, offset: number): void {
    this.sessions.get(sessionId)!.start = offset;
  }

  /** The program reads everything it was sent. */
  readInput(): void {
    this.reads = true;
    for (const [socket, attachments] of this.#sockets) {
      for (const attachment of attachments) this.#acknowledgeInput(attachment, socket);
    }
  }

  /** Makes the next output frames of a session start `bytes` too late: what a correct daemon never does. */
  misplace(sessionId: string, bytes: number): void {
    for (const attachment of [...this.#sockets.values()].flat()) {
      if (attachment.sessionId === sessionId) attachment.sent += bytes;
    }
  }

  end(sessionId: string): void {
    this.sessions.get(sessionId)!.ended = true;
    this.#flushAll();
  }

  /** Sends text to every client as it is. */
  say(text: string): void {
    for (const socket of this.#sockets.keys()) socket.send(text);
  }

  /** Sends bytes to every client as they are. */
  sayBytes(bytes: Uint8Array): void {
    for (const socket of this.#sockets.keys()) socket.send(bytes);
  }

  #accept(socket: WebSocket): void {
    if (this.#options.mute === true) return;
    const attachments: TestAttachment[] = [];
    this.#sockets.set(socket, attachments);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      for (const agent of this.agents.values()) agent.detach(socket);
    });
    socket.on('error', () => {});
    socket.on('pong', () => {
      this.#pongs += 1;
    });
    const ready = serverReady({
      serverVersion: '0.0.0',
      connectionId: `connection-${this.#sockets.size}`,
      transports: ['websocket'],
      capabilities: [],
      limits: { maxMessageBytes: this.maxMessageBytes, maxPendingCommands: 100 },
      principal: { id: this.principalId, scopes: [] },
      memory: { runId: `run-${this.#runs}`, ...(this.reachMs !== undefined && { reachMs: this.reachMs }) },
    });
    const protocolVersion = this.#options.protocolVersion ?? ready.data.protocolVersion;
    socket.send(JSON.stringify({ ...ready, data: { ...ready.data, protocolVersion } }));
    socket.on('message', (data: Buffer, isBinary) => {
      if (socket.readyState !== socket.OPEN) return;
      if (data.length > this.maxMessageBytes) throw new Error('the client sent more than the daemon said it reads');
      if (data.length > this.passedBytes) socket.close(1009);
      else if (isBinary) this.#onFrame(attachments, data, socket);
      else this.#onText(attachments, data.toString(), socket);
    });
  }

  #onFrame(attachments: TestAttachment[], data: Buffer, socket: WebSocket): void {
    const decoded = decodeFrame(data);
    if (!decoded.ok) throw new Error(decoded.error.message);
    const { frame } = decoded;
    const attachment = attachments.find(({ channel }) => channel === frame.channel);
    if (attachment === undefined) return;
    if (frame.kind === 'input') {
      this.#onInput(attachment, frame, socket);
    } else if (frame.kind === 'ack') {
      this.acks.push(frame.offset);
      attachment.acknowledged = frame.offset;
      this.#flush(attachment, socket);
    }
  }

  /** Takes input as the daemon does: in order, whole, and acknowledged per 16 KiB while the program reads. */
  #onInput(attachment: TestAttachment, { channel, offset, payload }: InputFrame, socket: WebSocket): void {
    const at = this.refusals.findIndex(({ type }) => type === 'bytes');
    const refusal = at >= 0 ? this.refusals.splice(at, 1)[0] : undefined;
    if (refusal !== undefined || offset !== attachment.inputOffset) {
      const fault = { code: refusal?.code ?? 'INVALID_MESSAGE', message: 'refused', details: { channel } } as const;
      socket.send(JSON.stringify(failureResponse({ type: 'bytes' }, fault)));
      return;
    }
    attachment.inputOffset += payload.length;
    this.input.push({ offset, text: Buffer.from(payload).toString() });
    this.#acknowledgeInput(attachment, socket);
  }

  #acknowledgeInput(attachment: TestAttachment, socket: WebSocket): void {
    if (!this.reads || attachment.inputOffset - attachment.inputAcknowledged < 16_384) return;
    attachment.inputAcknowledged = attachment.inputOffset;
    socket.send(encodeFrame({ kind: 'ack', channel: attachment.channel, offset: attachment.inputOffset }));
  }

  #onText(attachments: TestAttachment[], text: string, socket: WebSocket): void {
    const decoded = decodeClientMessage(text, { strict: true });
    if (!decoded.ok) throw new Error(`the client sent what no daemon accepts: ${decoded.error.message}`);
    if (decoded.message.type === 'hello') return;
    const command = decoded.message;
    this.commands.push(command);
    if (this.ignored.has(command.type)) return;
    if (this.crowded) {
      const fault = { code: 'QUEUE_FULL', message: 'too many wait', details: { bulkhead: 'connection' } } as const;
      socket.send(JSON.stringify(failureResponse(command, fault)));
      return;
    }
    const outcome = this.#outcomes.get(command.id!);
    if (outcome !== undefined) {
      socket.send(JSON.stringify({ ...outcome, replayed: true }));
      return;
    }
    if (command.dependsOn?.includes(command.id!) === true) {
      const fault = { code: 'DEPENDENCY_CYCLE', message: 'it depends on itself' } as const;
      this.#outcomes.set(command.id!, failureResponse(command, fault));
      socket.send(JSON.stringify(failureResponse(command, fault)));
      return;
    }
    const at = this.refusals.findIndex(({ type }) => type === command.type);
    if (at >= 0) {
      const [refusal] = this.refusals.splice(at, 1);
      socket.send(JSON.stringify(failureResponse(command, { message: 'refused by the test', ...refusal! })));
      return;
    }
    this.executed.push(command);
    this.#answer(attachments, command, socket);
  }

  #answer(attachments: TestAttachment[], command: Command, socket: WebSocket): void {
    const answer = (response: object): void => {
      if (!OF_ONE_CONNECTION.has(command.type)) this.#outcomes.set(command.id!, response);
      if (!this.unheard.has(command.type)) socket.send(JSON.stringify(response));
    };
    const succeed = (data: unknown): void => answer(successResponse(command, data as never));
    const refuse = (code: ErrorCode, message: string): void => answer(failureResponse(command, { code, message }));
    if (command.type === 'attach') this.#attach(attachments, command, succeed, refuse, socket);
    else if (command.type === 'detach') {
      const offset = this.agents.get(command.sessionId)?.detach(socket);
      if (offset !== undefined) {
        succeed({ sessionId: command.sessionId, channel: 1, offset });
        return;
      }
      const at = attachments.findIndex(({ sessionId }) => sessionId === command.sessionId);
      const left = attachments[at];
      if (left === undefined) refuse('INVALID_STATE', 'not attached');
      else {
        attachments.splice(at, 1);
        succeed({ sessionId: command.sessionId, channel: left.channel, offset: left.sent });
      }
    } else if (command.type === 'list_sessions') succeed({ sessions: [] });
    else succeed({});
  }

  #attach(
    attachments: TestAttachment[],
    command: AttachCommand,
    succeed: (data: ResponseDataOf<'attach'>) => void,
    refuse: (code: ErrorCode, message: string) => void,
    socket: WebSocket,
  ): void {
    const agent = this.agents.get(command.sessionId);
    const session = this.sessions.get(command.sessionId);
    if (agent !== undefined && (command.streamId ?? agent.streamId) === agent.streamId) {
      succeed(agent.attach(command, socket));
      agent.flush(socket);
      return;
    }
    if (agent !== undefined) {
      refuse('INVALID_STATE', 'another stream');
      return;
    }
    if (session === undefined) {
      refuse('SESSION_NOT_FOUND', 'no such session');
      return;
    }
    if (command.streamId !== undefined && command.streamId !== session.streamId) {
      refuse('INVALID_STATE', 'another stream');
      return;
    }
    if (attachments.some(({ sessionId }) => sessionId === command.sessionId)) {
      refuse('INVALID_STATE', 'attached already');
      return;
    }
    const end = session.output.length;
    const from = command.from === 'now' ? end : command.from === 'start' ? session.start : (command.from ?? 0);
    this.#channels += 1;
    const attachment: TestAttachment = {
      sessionId: command.sessionId,
      channel: this.#channels,
      window: command.window ?? 0,
      liveFrom: end,
      sent: from,
      acknowledged: from,
      inputOffset: 0,
      inputAcknowledged: 0,
      endSent: false,
    };
    attachments.push(attachment);
    succeed({
      channel: attachment.channel,
      streamId: session.streamId,
      from,
      start: session.start,
      end,
      cols: 80,
      rows: 24,
      state: session.ended ? 'stopped' : 'active',
      role: command.role ?? 'driver',
      window: attachment.window,
    });
    this.#flush(attachment, socket);
  }

  #flushAll(): void {
    for (const [socket, attachments] of this.#sockets) {
      for (const attachment of attachments) this.#flush(attachment, socket);
    }
  }

  #flush(attachment: TestAttachment, socket: WebSocket): void {
    const session = this.sessions.get(attachment.sessionId)!;
    const { channel } = attachment;
    const end = session.output.length;
    for (;;) {
      const room = attachment.window - (attachment.sent - attachment.acknowledged);
      if (room <= 0 || attachment.endSent) return;
      if (attachment.sent < session.start) {
        socket.send(encodeFrame({ kind: 'gap', channel, from: attachment.sent, to: session.start }));
        attachment.sent = session.start;
        continue;
      }
      if (attachment.sent === end) break;
      const offset = attachment.sent;
      const replay = offset < attachment.liveFrom;
      const limit = replay ? Math.min(end, attachment.liveFrom) : end;
      const to = Math.min(limit, offset + Math.min(room, this.frameBytes));
      const payload = session.output.subarray(offset, to);
      socket.send(encodeFrame({ kind: 'output', channel, offset, replay, payload }));
      attachment.sent = to;
    }
    if (!session.ended) return;
    attachment.endSent = true;
    socket.send(encodeFrame({ kind: 'end', channel, offset: end }));
  }
}
