import {
  type AgentCommandType,
  type BashEvent,
  type Command,
  ProtocolError,
  type PtySessionInfo,
  type ResponseDataOf,
  type ServerEvent,
  type SessionInfo,
  type SessionState,
} from '@sessiond/protocol';
import { childEnvironment, type Pty, type Cause as PtyCause, type PtyEvent, type PtyManager } from '@sessiond/pty-core';
import type { Containment, Owner } from '../containment.ts';
import type { Shells } from './bash/shells.ts';
import type { Cause } from './cause.ts';
import type { HostedSession } from './hosted-session.ts';
import { toProtocolError } from './pty-errors.ts';
import { PtySession, type PtySessionCounts } from './pty-session.ts';
import { RestoredSession } from './restored-session.ts';
import type {
  AttachmentHandlers,
  BashListener,
  HostCounts,
  SessionAttachment,
  SessionEvent,
  SessionFacts,
  SessionHost,
} from './session-host.ts';
import { newSessionId } from './session-id.ts';
import { type LifespanLimits, SessionLifespan } from './session-lifespan.ts';
import { sessionNotFound } from './session-not-found.ts';
import { expiresAtMs, isPtyRecord, type SessionRecord, type SessionRecords } from './session-record.ts';
import { SessionTotals } from './session-totals.ts';

/** What the host needs and what its sessions get when the client names nothing. */
export interface LocalSessionHostOptions extends LifespanLimits {
  readonly ptys: PtyManager;
  readonly bufferBytes: number;
  readonly gracePeriodMs: number;
  /** `null` never. */
  readonly idleTimeoutMs: number | null;
  /** How long a finished session stays readable. */
  readonly retentionMs: number;
  /** Sessions, finished ones included; the oldest finished one makes room for a new one. */
  readonly maxSessions: number;
  /** The environment from whose allow-list children inherit. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Run lines of shell beside the terminals. */
  readonly shells: Shells;
  /** Where sessions are recorded, for the server that comes after this one. */
  readonly records: SessionRecords;
  /** Sessions of earlier runs, oldest first. */
  readonly restored: readonly SessionRecord[];
  /** Where a failure of one session's timers ends. */
  readonly containment: Containment;
}

/** Regular expressions that are waited for at a time; each has a thread of its own. */
const MAX_REGEX_WAITS = 8;
/** The longest a timer can wait; a session that is to be kept for longer goes then. */
const MAX_TIMER_MS = 2_147_483_647;
/** How long after SIGKILL a child may take to be gone; one that cannot die is not waited for. */
const KILLED_MS = 3_000;

interface Entry {
  readonly session: HostedSession;
  /** Ends the program when its time is over; absent where there is none. */
  readonly lifespan?: SessionLifespan;
  expiry?: NodeJS.Timeout;
}

/** The sessions of this process. */
export class LocalSessionHost implements SessionHost {
  readonly #options: LocalSessionHostOptions;
  readonly #entries = new Map<string, Entry>();
  /** Removed sessions that somebody still reads the end of; they count, because they still need memory. */
  readonly #lingering = new Set<PtySession>();
  readonly #totals = new SessionTotals();
  #regexWaits = 0;
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  #closed = false;

  constructor(options: LocalSessionHostOptions) {
    this.#options = options;
    // Of more than are allowed now, the oldest give way, as they would to new ones.
    const surplus = Math.max(0, options.restored.length - options.maxSessions);
    for (const { info } of options.restored.slice(0, surplus)) options.records.forget(info.sessionId);
    for (const record of options.restored.slice(surplus)) this.#restore(record);
  }

  async create(request: Command<'create_session'>, cause: Cause): Promise<SessionInfo> {
    if (this.#closed) throw new ProtocolError('SHUTTING_DOWN', 'Cannot create a session: the server is ending');
    if (request.kind !== 'pty') {
      throw new ProtocolError(
        'AGENT_UNAVAILABLE',
        'Cannot create a session: no agent backend is installed; sessions of kind "pty" are',
        {
          details: { field: 'kind' },
        },
      );
    }
    const sessionId = request.sessionId ?? newSessionId();
    if (this.#entries.has(sessionId))
      throw new ProtocolError('SESSION_EXISTS', `Cannot create session ${sessionId}: it exists`);
    const replaceable = this.#replaceable();
    const session = this.#spawn(sessionId, request, cause);
    if (replaceable !== undefined) this.#remove(replaceable, 'expired', cause);
    const lifespan = this.#lifespan(session);
    const entry: Entry = { session, lifespan };
    this.#entries.set(sessionId, entry);
    session.changed();
    void session.pty.stopped.then(() => {
      lifespan.close();
      this.#expireLater(entry, session.retentionMs);
    });
    const info = session.info();
    this.#emitLifecycle(session, { type: 'session_created', session: info }, cause);
    return info;
  }

  get size(): number {
    return this.#entries.size;
  }

  facts(sessionId: string): SessionFacts | undefined {
    return this.#entries.get(sessionId)?.session.facts();
  }

  async list(): Promise<SessionInfo[]> {
    return [...this.#entries.values()].map(({ session }) => session.info());
  }

  async get(sessionId: string): Promise<SessionInfo> {
    return this.#session(sessionId).info();
  }

  async state(sessionId: string): Promise<SessionState> {
    return this.#session(sessionId).state();
  }

  async follow(
    sessionId: string,
    after?: number,
  ): Promise<{ seq: number; session: SessionInfo; events?: readonly SessionEvent[] }> {
    const session = this.#session(sessionId);
    const events = after === undefined ? undefined : session.eventsAfter(after);
    return { seq: session.seq, session: session.info(), ...(events !== undefined && { events }) };
  }

  async rename(sessionId: string, name: string): Promise<SessionInfo> {
    return this.#session(sessionId).rename(name);
  }

  async delete({ sessionId, gracePeriodMs }: Command<'delete_session'>, cause: Cause): Promise<void> {
    const entry = this.#entry(sessionId);
    await Promise.all([
      entry.session.terminate(gracePeriodMs, cause),
      this.#options.shells.endSession(sessionId, sessionGone()),
    ]);
    this.#remove(entry, 'deleted', cause);
  }

  async attach(request: Command<'attach'>, handlers: AttachmentHandlers): Promise<SessionAttachment> {
    return this.#session(request.sessionId).attach(request, handlers);
  }

  async write(sessionId: string, data: Uint8Array): Promise<void> {
    this.#session(sessionId).write(data);
  }

  async resize(request: Command<'resize'>, cause: Cause): Promise<boolean> {
    return this.#session(request.sessionId).resize(request, cause);
  }

  async signal({ sessionId, signal }: Command<'signal'>, cause: Cause): Promise<number> {
    return this.#session(sessionId).signal(signal, cause);
  }

  async terminate(
    { sessionId, gracePeriodMs }: Command<'terminate'>,
    cause: Cause,
  ): Promise<ResponseDataOf<'terminate'>> {
    return this.#session(sessionId).terminate(gracePeriodMs, cause);
  }

  async readOutput(request: Command<'read_output'>): Promise<ResponseDataOf<'read_output'>> {
    return this.#session(request.sessionId).readOutput(request);
  }

  async waitFor(request: Command<'wait_for'>, signal: AbortSignal): Promise<ResponseDataOf<'wait_for'>> {
    const session = this.#session(request.sessionId);
    if (request.regex === undefined) return session.waitFor(request, signal);
    if (this.#regexWaits >= MAX_REGEX_WAITS) {
      throw new ProtocolError(
        'CAPACITY_EXCEEDED',
        `Cannot wait for regex: ${MAX_REGEX_WAITS} such waits run, the most allowed`,
      );
    }
    this.#regexWaits += 1;
    try {
      return await session.waitFor(request, signal);
    } finally {
      this.#regexWaits -= 1;
    }
  }

  async bufferStats(sessionId: string): Promise<ResponseDataOf<'get_buffer_stats'>> {
    const { streamId, start, end, bufferBytes, overflow, stats } = this.#terminalInfo(sessionId);
    return { ...stats, streamId, start, end, bufferBytes, overflow };
  }

  async bash(
    { sessionId, command, maxOutputBytes }: Command<'bash'>,
    listener: BashListener,
    cause: Cause,
    signal: AbortSignal,
  ): Promise<ResponseDataOf<'bash'>> {
    const session = this.#terminal(sessionId);
    const { shells } = this.#options;
    const { cwd, env } = session;
    const tell = (event: BashEvent): void | Promise<void> => session.bashEvent(event, cause, listener);
    const keepBytes = maxOutputBytes ?? shells.outputBytes;
    const over = session.shellBegan();
    try {
      const data = await shells.run({ sessionId, command, cwd, env, keepBytes, tell }, signal);
      session.changed();
      return data;
    } finally {
      over();
    }
  }

  async agent<T extends AgentCommandType>(command: Command<T>): Promise<ResponseDataOf<T>> {
    const { kind } = this.#session(command.sessionId).info();
    throw new ProtocolError('INVALID_STATE', `Cannot run ${command.type}: the session is of kind ${kind}, not agent`);
  }

  async load(_request: Command<'load_session'>, _cause: Cause): Promise<SessionInfo> {
    throw new ProtocolError('AGENT_UNAVAILABLE', 'Cannot load a session: no agent is available');
  }

  async stored(_request: Command<'list_stored_sessions'>): Promise<ResponseDataOf<'list_stored_sessions'>> {
    return { sessions: [], truncated: false };
  }

  async abortBash(sessionId: string): Promise<boolean> {
    this.#entry(sessionId);
    const reason = new ProtocolError('CANCELLED', 'The command was ended by abort_bash');
    return this.#options.shells.abort(sessionId, reason);
  }

  counts(): HostCounts {
    const { tombstones, listenerFailures } = this.#options.ptys.snapshot();
    const terminals = [...this.#lingering, ...[...this.#entries.values()].map(({ session }) => session)].filter(
      isTerminal,
    );
    const counts = terminals.map((session) => session.counts());
    const totals = this.#totals.with(counts);
    const sum = (value: (each: PtySessionCounts) => number): number =>
      counts.reduce((total, each) => total + value(each), 0);
    return {
      ...totals,
      listenerFailures: totals.listenerFailures + listenerFailures,
      sessions: this.#entries.size,
      terminals: terminals.length,
      tombstones,
      shells: this.#options.shells.counts(),
      underPressure: sum(({ underPressure }) => (underPressure ? 1 : 0)),
      ringBytes: sum(({ ringBytes }) => ringBytes),
      ringLimitBytes: sum(({ ringLimitBytes }) => ringLimitBytes),
    };
  }

  onEvent(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(deadlineMs: number): Promise<void> {
    this.#closed = true;
    const gracePeriodMs = Math.min(this.#options.gracePeriodMs, deadlineMs);
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs + KILLED_MS);
    });
    const ended = Promise.all([
      this.#options.ptys.terminateAll({ gracePeriodMs, reason: 'shutdown' }),
      this.#options.shells.close(new ProtocolError('SHUTTING_DOWN', 'The server is ending')),
    ]);
    await Promise.race([ended, deadline]);
    clearTimeout(timer);
    for (const { expiry, lifespan } of this.#entries.values()) {
      clearTimeout(expiry);
      lifespan?.close();
    }
  }

  killAll(): void {
    this.#options.ptys.killAll();
    this.#options.shells.killAll();
  }

  #entry(sessionId: string): Entry {
    const entry = this.#entries.get(sessionId);
    if (entry !== undefined) return entry;
    const { code, message } = sessionNotFound(sessionId);
    throw new ProtocolError(code, message);
  }

  /** @throws ProtocolError when the session is one of an earlier run. */
  #terminal(sessionId: string): PtySession {
    const session = this.#session(sessionId);
    if (isTerminal(session)) return session;
    throw new ProtocolError('INVALID_STATE', 'Cannot run a shell: the session is one of an earlier run of the server');
  }

  #terminalInfo(sessionId: string): PtySessionInfo {
    const info = this.#session(sessionId).info();
    if (info.kind === 'pty') return info;
    throw new ProtocolError('INVALID_STATE', 'Cannot do that: the session is an agent, not a terminal');
  }

  #session(sessionId: string): HostedSession {
    return this.#entry(sessionId).session;
  }

  #spawn(sessionId: string, request: Command<'create_session'>, cause: Cause): PtySession {
    const { ptys, env, gracePeriodMs, idleTimeoutMs, bufferBytes, retentionMs } = this.#options;
    const { name, cwd = env['HOME'] ?? '/', laneId, terminalId, pty: spec = {} } = request;
    const command = spec.command ?? env['SHELL'] ?? '/bin/sh';
    const childEnv = childEnvironment(env, request.env, spec.term);
    const events: PtyEvent[] = [];
    const stopListening = ptys.onEvent((event) => {
      if (event.ptyId === sessionId) events.push(event);
    });
    let pty: Pty;
    try {
      pty = ptys.spawn({
        ptyId: sessionId,
        sessionId,
        command,
        cwd,
        env: childEnv,
        gracePeriodMs,
        idleTimeoutMs,
        bufferBytes,
        ...(laneId !== undefined && { laneId }),
        ...(terminalId !== undefined && { terminalId }),
        ...definedOnly(spec),
        ...correlated(cause),
      });
    } catch (error) {
      throw toProtocolError(error);
    } finally {
      stopListening();
    }
    const session: PtySession = new PtySession(pty, {
      sessionId,
      owner: cause.principalId,
      name,
      command,
      args: spec.args ?? [],
      cwd,
      env: childEnv,
      retentionMs: request.retention?.afterExitMs ?? retentionMs,
      events,
      onEvent: (event) => this.#emit(event),
      onChanged: () => this.#record(session),
      onUnattached: () => this.#forgetLingering(session),
    });
    return session;
  }

  /**
   * The finished session that gives way to a new one: the oldest, and none while there is room. Running ones never do.
   * @throws ProtocolError when there is no room and nobody to give way.
   */
  #replaceable(): Entry | undefined {
    if (this.#entries.size + this.#lingering.size < this.#options.maxSessions) return undefined;
    const finished = [...this.#entries.values()].find(({ session }) => session.finished && session.attached === 0);
    if (finished !== undefined) return finished;
    throw new ProtocolError(
      'SESSION_LIMIT',
      `Cannot create a session: ${this.#options.maxSessions} exist, which is the most allowed`,
    );
  }

  /** Ends the program of a session when it is too old or was silent for too long, and tells so before. */
  #lifespan(session: PtySession): SessionLifespan {
    const { maxLifetimeMs, maxIdleMs, containment } = this.#options;
    const { pty } = session;
    const bornMs = performance.now();
    return new SessionLifespan({
      maxLifetimeMs,
      maxIdleMs,
      ageMs: () => performance.now() - bornMs,
      quietMs: () => session.quietMs,
      guard: containment.guard(ownerOf(session)),
      onExpiring: (reason, inMs) => this.#emitLifecycle(session, { type: 'session_expiring', reason, inMs }, undefined),
      onExpired: () => pty.terminate({ reason: 'expired' }),
    });
  }

  #expireLater(entry: Entry, inMs: number): void {
    if (this.#entries.get(entry.session.sessionId) !== entry || this.#closed) return;
    const expire = this.#options.containment.guard(ownerOf(entry.session));
    entry.expiry = setTimeout(
      expire(() => this.#remove(entry, 'expired')),
      Math.min(Math.max(0, inMs), MAX_TIMER_MS),
    );
    entry.expiry.unref();
  }

  #restore(record: SessionRecord): void {
    if (!isPtyRecord(record)) return;
    const session: RestoredSession = new RestoredSession(record, () => this.#record(session));
    const entry: Entry = { session };
    this.#entries.set(session.sessionId, entry);
    this.#expireLater(entry, expiresAtMs(record) - Date.now());
  }

  /** Has what is known of a session kept, unless it is gone already or not there yet. */
  #record(session: HostedSession): void {
    const { sessionId } = session;
    if (this.#entries.get(sessionId)?.session === session)
      this.#options.records.keep(sessionId, () => session.record());
  }

  #remove(entry: Entry, reason: 'deleted' | 'expired', cause?: Cause): void {
    const { sessionId } = entry.session;
    if (this.#entries.get(sessionId) !== entry) return;
    clearTimeout(entry.expiry);
    this.#entries.delete(sessionId);
    this.#options.records.forget(sessionId);
    // Its program has ended; what was run beside it may not have.
    void this.#options.shells.endSession(sessionId, sessionGone());
    if (isTerminal(entry.session)) this.#linger(entry.session);
    this.#emitLifecycle(entry.session, { type: 'session_deleted', sessionId, reason }, cause);
  }

  #linger(session: PtySession): void {
    this.#lingering.add(session);
    if (session.attached === 0) this.#forgetLingering(session);
  }

  #forgetLingering(session: PtySession): void {
    if (!this.#lingering.delete(session)) return;
    this.#totals.retire(session.counts());
  }

  #emitLifecycle(session: HostedSession, event: ServerEvent, cause: Cause | undefined): void {
    const { sessionId } = session;
    const timestamp = new Date().toISOString();
    const { owner } = session.facts();
    this.#emit({ sessionId, owner, seq: 0, timestamp, correlationId: cause?.correlationId, event });
  }

  #emit(event: SessionEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** The session as the one that answers for its own failures: its program is ended. */
function ownerOf(session: HostedSession): Owner {
  const end = (): void => {
    if (isTerminal(session)) void session.pty.terminate({ reason: 'terminated' });
  };
  return { kind: 'session', facts: { sessionId: session.sessionId }, end };
}

/** Whether its program is, or was, one of this process. */
function isTerminal(session: HostedSession): session is PtySession {
  return session instanceof PtySession;
}

function sessionGone(): ProtocolError {
  return new ProtocolError('CANCELLED', 'The command was ended with its session');
}

/** As much of a cause as a PTY carries in its events. */
function correlated({ correlationId }: Cause): PtyCause {
  return { correlationId };
}

/** The fields a client really set; the rest keeps its default. */
function definedOnly(spec: NonNullable<Command<'create_session'>['pty']>): object {
  const { command, term, ...rest } = spec;
  const entries = Object.entries(rest);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
