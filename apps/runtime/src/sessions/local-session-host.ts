import {
  type AgentCommandType,
  type Command,
  type CommandType,
  ProtocolError,
  type PtySessionInfo,
  type ResponseDataOf,
  type SessionInfo,
  type SessionState,
} from '@sessiond/protocol';
import type { AgentHosting } from '../agents/agent-hosting.ts';
import type { Containment } from '../containment.ts';
import { AgentSession } from './agent/agent-session.ts';
import { AgentSessions } from './agent/agent-sessions.ts';
import { endedWithSession, runBash } from './bash/session-bash.ts';
import type { Shells } from './bash/shells.ts';
import type { Cause } from './cause.ts';
import type { HostedSession, TerminalSession } from './hosted-session.ts';
import { PtySession } from './pty-session.ts';
import { restoreSessions } from './restore-sessions.ts';
import { endedEarlier, RestoredAgentSession } from './restored-agent-session.ts';
import { RestoredSession } from './restored-session.ts';
import type {
  AttachmentHandlers,
  BashListener,
  HostCounts,
  SessionAttachment,
  SessionEvent,
  SessionFacts,
  SessionHost,
  SessionSizes,
} from './session-host.ts';
import { newSessionId } from './session-id.ts';
import type { LifespanLimits } from './session-lifespan.ts';
import { isPtyRecord, type SessionRecord, type SessionRecords } from './session-record.ts';
import { SessionRegistry } from './session-registry.ts';
import { ConversationClaims } from './stored/conversation-claims.ts';
import { ConversationLoader } from './stored/conversation-loader.ts';
import { StoredConversations } from './stored/stored-conversations.ts';
import { type TerminalDefaults, Terminals } from './terminals.ts';
import { wrongKind } from './wrong-kind.ts';

/** What the host needs and what its sessions get when the client names nothing. */
export interface LocalSessionHostOptions extends LifespanLimits, TerminalDefaults {
  /** Terminals, finished ones included; the oldest finished one makes room for a new one. */
  readonly maxSessions: number;
  /** Run lines of shell beside the sessions. */
  readonly shells: Shells;
  /** What agents are made of; absent where there are none. */
  readonly agents?: AgentHosting | undefined;
  /** Where sessions are recorded, for the server that comes after this one. */
  readonly records: SessionRecords;
  /** Sessions of earlier runs, oldest first. */
  readonly restored: readonly SessionRecord[];
  /** Where a failure of one session's timers ends. */
  readonly containment: Containment;
}

/** How long after SIGKILL a child may take to be gone; one that cannot die is not waited for. */
const KILLED_MS = 3_000;

/** The sessions of this process: finds the one that is meant, and has it do what its kind can do. */
export class LocalSessionHost implements SessionHost {
  readonly #options: LocalSessionHostOptions;
  readonly #registry: SessionRegistry;
  readonly #terminals: Terminals;
  readonly #agents: AgentSessions;
  readonly #claims = new ConversationClaims();
  readonly #stored: StoredConversations;
  readonly #loader: ConversationLoader;

  constructor(options: LocalSessionHostOptions) {
    this.#options = options;
    const maxSessions = { pty: options.maxSessions, agent: options.agents?.maxSessions ?? 0 };
    const registry = new SessionRegistry({
      ...options,
      maxSessions,
      // Its program has ended; what was run beside it may not have.
      onRemoved: ({ sessionId }) => void options.shells.endSession(sessionId, endedWithSession()),
      onForgotten: (session) => {
        if (session instanceof PtySession) this.#terminals.retire(session);
      },
    });
    const hooks = {
      onEvent: (event: SessionEvent) => registry.emit(event),
      onChanged: (session: HostedSession) => {
        registry.record(session);
        if (session instanceof AgentSession) void this.#claims.follow(session.sessionId, session.conversation);
      },
      onUnattached: (session: HostedSession) => registry.unattached(session),
    };
    this.#registry = registry;
    this.#terminals = new Terminals(options, hooks);
    this.#agents = new AgentSessions({ ...options, registry, hooks });
    const { backends = new Map(), roots = [] } = options.agents ?? {};
    this.#stored = new StoredConversations(backends, this.#claims);
    this.#loader = new ConversationLoader({
      agents: this.#agents,
      claims: this.#claims,
      stored: this.#stored,
      roots,
      homeDir: options.env['HOME'] ?? '/',
    });
    restoreSessions(options.restored, { registry, records: options.records, maxSessions });
  }

  async create(request: Command<'create_session'>, cause: Cause, signal: AbortSignal): Promise<SessionInfo> {
    const sessionId = request.sessionId ?? newSessionId();
    if (request.kind !== 'pty') {
      const { agent = { backend: 'pi' }, cwd = this.#options.env['HOME'] ?? '/' } = request;
      const session = await this.#agents.open({ ...request, sessionId, cwd, agent }, cause, signal);
      return session.info();
    }
    const place = this.#registry.reserve(sessionId, 'pty');
    try {
      const session = this.#terminals.start(sessionId, request, cause);
      session.changed();
      place.take(session, cause);
      return session.info();
    } finally {
      place.release();
    }
  }

  get size(): SessionSizes {
    return { pty: this.#registry.count('pty'), agent: this.#registry.count('agent') };
  }

  facts(sessionId: string): SessionFacts | undefined {
    return this.#registry.find(sessionId)?.facts();
  }

  async list(): Promise<SessionInfo[]> {
    return this.#registry.all().map((session) => session.info());
  }

  async get(sessionId: string): Promise<SessionInfo> {
    return this.#registry.get(sessionId).info();
  }

  async state(sessionId: string): Promise<SessionState> {
    return this.#registry.get(sessionId).state();
  }

  async follow(
    sessionId: string,
    after?: number,
  ): Promise<{ seq: number; session: SessionInfo; events?: readonly SessionEvent[] }> {
    const session = this.#registry.get(sessionId);
    const events = after === undefined ? undefined : session.eventsAfter(after);
    return { seq: session.seq, session: session.info(), ...(events !== undefined && { events }) };
  }

  async rename(sessionId: string, name: string, signal: AbortSignal): Promise<SessionInfo> {
    return this.#registry.get(sessionId).rename(name, signal);
  }

  async delete({ sessionId, gracePeriodMs }: Command<'delete_session'>, cause: Cause): Promise<void> {
    const session = this.#registry.get(sessionId);
    await Promise.all([
      session.terminate(gracePeriodMs, cause),
      this.#options.shells.endSession(sessionId, endedWithSession()),
    ]);
    this.#registry.delete(session, cause);
  }

  async attach(request: Command<'attach'>, handlers: AttachmentHandlers): Promise<SessionAttachment> {
    return this.#registry.get(request.sessionId).attach(request, handlers);
  }

  async write(sessionId: string, data: Uint8Array): Promise<void> {
    this.#terminal(sessionId, 'input').write(data);
  }

  async resize(request: Command<'resize'>, cause: Cause): Promise<boolean> {
    return this.#terminal(request.sessionId, 'resize').resize(request, cause);
  }

  async signal({ sessionId, signal }: Command<'signal'>, cause: Cause): Promise<number> {
    return this.#terminal(sessionId, 'signal').signal(signal, cause);
  }

  async terminate(
    { sessionId, gracePeriodMs }: Command<'terminate'>,
    cause: Cause,
  ): Promise<ResponseDataOf<'terminate'>> {
    return this.#registry.get(sessionId).terminate(gracePeriodMs, cause);
  }

  async readOutput(request: Command<'read_output'>): Promise<ResponseDataOf<'read_output'>> {
    return this.#terminal(request.sessionId, 'read_output').readOutput(request);
  }

  async waitFor(request: Command<'wait_for'>, signal: AbortSignal): Promise<ResponseDataOf<'wait_for'>> {
    return this.#terminals.waitFor(this.#terminal(request.sessionId, 'wait_for'), request, signal);
  }

  async bufferStats(sessionId: string): Promise<ResponseDataOf<'get_buffer_stats'>> {
    const info = this.#terminal(sessionId, 'get_buffer_stats').info() as PtySessionInfo;
    const { streamId, start, end, bufferBytes, overflow, stats } = info;
    return { ...stats, streamId, start, end, bufferBytes, overflow };
  }

  async bash(
    command: Command<'bash'>,
    listener: BashListener,
    cause: Cause,
    signal: AbortSignal,
  ): Promise<ResponseDataOf<'bash'>> {
    const session = this.#registry.get(command.sessionId);
    if (session instanceof PtySession || session instanceof AgentSession)
      return runBash(this.#options.shells, session, command, { listener, cause, signal });
    throw new ProtocolError('INVALID_STATE', 'Cannot run a shell: the session is one of an earlier run of the server');
  }

  async abortBash(sessionId: string): Promise<boolean> {
    this.#registry.get(sessionId);
    const reason = new ProtocolError('CANCELLED', 'The command was ended by abort_bash');
    return this.#options.shells.abort(sessionId, reason);
  }

  async agent<T extends AgentCommandType>(
    command: Command<T>,
    cause: Cause,
    signal: AbortSignal,
  ): Promise<ResponseDataOf<T>> {
    const session = this.#registry.get(command.sessionId);
    if (session instanceof RestoredAgentSession) throw endedEarlier(command.type);
    if (!(session instanceof AgentSession)) throw wrongKind(command.type, session.kind, 'agent');
    if (!isSwitch(command)) return session.carryOut(command, cause, signal);
    const go = (sessionPath: string): Promise<ResponseDataOf<'switch_session_file'>> =>
      session.carryOut<'switch_session_file'>({ ...command, sessionPath }, cause, signal);
    return (await this.#loader.switchFile(session.sessionId, command.sessionPath, go)) as ResponseDataOf<T>;
  }

  provider(sessionId: string): { readonly provider: string; readonly model: string } | undefined {
    const session = this.#registry.find(sessionId);
    return session instanceof AgentSession ? session.provider : undefined;
  }

  async load(request: Command<'load_session'>, cause: Cause, signal: AbortSignal): Promise<SessionInfo> {
    const { sessionId, sessionPath, agentSessionId } = request;
    if (sessionId === undefined || sessionPath !== undefined || agentSessionId !== undefined)
      return (await this.#loader.load(request, cause, signal)).info();
    const session = this.#registry.get(sessionId);
    const record = session.record();
    if (isPtyRecord(record)) throw wrongKind(request.type, session.kind, 'agent');
    if (!session.finished) throw new ProtocolError('INVALID_STATE', 'Cannot load the session: its agent runs');
    return (await this.#loader.resume(request, { session, record }, cause, signal)).info();
  }

  async stored(
    request: Command<'list_stored_sessions'>,
    signal: AbortSignal,
  ): Promise<ResponseDataOf<'list_stored_sessions'>> {
    return this.#stored.list(request, signal);
  }

  counts(): HostCounts {
    const held = this.#registry.held();
    return {
      ...this.#terminals.counts(held.filter((session) => session instanceof PtySession)),
      sessions: this.#registry.count('pty'),
      agents: this.#agents.counts(held.filter((session) => session instanceof AgentSession)),
      shells: this.#options.shells.counts(),
    };
  }

  onEvent(listener: (event: SessionEvent) => void): () => void {
    return this.#registry.onEvent(listener);
  }

  async close(deadlineMs: number): Promise<void> {
    this.#registry.seal();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs + KILLED_MS);
    });
    const ended = Promise.all([
      this.#terminals.close(deadlineMs),
      this.#agents.close(deadlineMs),
      this.#options.shells.close(new ProtocolError('SHUTTING_DOWN', 'The server is ending')),
    ]);
    await Promise.race([ended, deadline]);
    clearTimeout(timer);
    this.#registry.close();
  }

  killAll(): void {
    this.#terminals.killAll();
    this.#agents.killAll();
    this.#options.shells.killAll();
  }

  /** @throws ProtocolError when there is no such session, or it is no terminal. */
  #terminal(sessionId: string, command: CommandType): TerminalSession {
    const session = this.#registry.get(sessionId);
    if (session instanceof PtySession || session instanceof RestoredSession) return session;
    throw wrongKind(command, session.kind, 'pty');
  }
}

function isSwitch(command: Command): command is Command<'switch_session_file'> {
  return command.type === 'switch_session_file';
}
