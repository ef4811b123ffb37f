import { ProtocolError, type ServerEvent, type SessionKind } from '@sessiond/protocol';
import type { Containment, Guard } from '../containment.ts';
import type { Cause } from './cause.ts';
import type { HostedSession, LiveSession } from './hosted-session.ts';
import type { SessionEvent } from './session-host.ts';
import { type LifespanLimits, SessionLifespan } from './session-lifespan.ts';
import { sessionNotFound } from './session-not-found.ts';
import type { SessionRecords } from './session-record.ts';

/** What the sessions of a process have in common. */
export interface SessionRegistryOptions extends LifespanLimits {
  /** Sessions of a kind, finished ones included; the oldest finished one makes room for a new one. */
  readonly maxSessions: Readonly<Record<SessionKind, number>>;
  /** Where sessions are recorded, for the server that comes after this one. */
  readonly records: SessionRecords;
  /** Where a failure of one session's timers ends. */
  readonly containment: Containment;
  /** A session can be addressed no longer. */
  readonly onRemoved: (session: HostedSession) => void;
  /** Nobody will ask a session for anything any more. */
  readonly onForgotten: (session: HostedSession) => void;
}

/** Room for a session that is being made. */
export interface Place {
  /** Fills it: the session can be addressed from now on. @throws ProtocolError when the server is ending meanwhile. */
  take(session: LiveSession, cause: Cause): void;
  /** Gives it up unless it was taken. Idempotent. */
  release(): void;
}

interface Entry {
  readonly session: HostedSession;
  /** Ends the program when its time is over; absent where there is none. */
  readonly lifespan?: SessionLifespan;
  expiry?: NodeJS.Timeout;
}

/** The longest a timer can wait; a session that is to be kept for longer goes then. */
const MAX_TIMER_MS = 2_147_483_647;

/**
 * Every session of this process by its id: makes room for new ones, keeps finished ones for as long as their retention says, and tells of their coming and
 * going. At most `maxSessions` of a kind, among them those that were removed while somebody still reads the end of them, because they still need memory.
 */
export class SessionRegistry {
  readonly #options: SessionRegistryOptions;
  readonly #entries = new Map<string, Entry>();
  /** Removed sessions that somebody still reads the end of. */
  readonly #lingering = new Set<HostedSession>();
  /** Ids of sessions that are being made, with their kinds. */
  readonly #making = new Map<string, SessionKind>();
  /** Finished sessions that give way to those. */
  readonly #yielding = new Set<Entry>();
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  #closed = false;

  constructor(options: SessionRegistryOptions) {
    this.#options = options;
  }

  /** Sessions of a kind that can be addressed. */
  count(kind: SessionKind): number {
    let count = 0;
    for (const { session } of this.#entries.values()) if (session.kind === kind) count += 1;
    return count;
  }

  /** Every session that can be addressed, oldest first. */
  all(): HostedSession[] {
    return Array.from(this.#entries.values(), ({ session }) => session);
  }

  /** Every session that needs memory. */
  held(): HostedSession[] {
    return [...this.#lingering, ...this.all()];
  }

  find(sessionId: string): HostedSession | undefined {
    return this.#entries.get(sessionId)?.session;
  }

  /** @throws ProtocolError when there is none. */
  get(sessionId: string): HostedSession {
    const session = this.find(sessionId);
    if (session !== undefined) return session;
    const { code, message } = sessionNotFound(sessionId);
    throw new ProtocolError(code, message);
  }

  /**
   * Makes room for a session, or gives it that of one of the same id that is over.
   * @throws ProtocolError when the id is taken, when there is no room and nobody to give way, and when the server is ending.
   */
  reserve(sessionId: string, kind: SessionKind, inPlaceOf?: HostedSession): Place {
    this.#assertOpen();
    const present = this.#entries.get(sessionId);
    if (present?.session !== inPlaceOf || this.#making.has(sessionId))
      throw new ProtocolError('SESSION_EXISTS', `Cannot create session ${sessionId}: it exists`);
    const replaceable = present ?? this.#replaceable(kind);
    if (replaceable !== undefined) this.#yielding.add(replaceable);
    this.#making.set(sessionId, kind);
    let isOpen = true;
    const release = (): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#making.delete(sessionId);
      if (replaceable !== undefined) this.#yielding.delete(replaceable);
    };
    return {
      release,
      take: (session, cause) => {
        release();
        this.#assertOpen();
        if (present !== undefined) this.#forget(present);
        else if (replaceable !== undefined) this.#remove(replaceable, 'expired', cause);
        this.#admit(session, cause);
      },
    };
  }

  /** Takes up a finished session of an earlier run. */
  restore(session: HostedSession, expiresAtMs: number): void {
    const entry: Entry = { session };
    this.#entries.set(session.sessionId, entry);
    this.#expireLater(entry, expiresAtMs - Date.now());
  }

  /** Removes a session whose program has ended. */
  delete(session: HostedSession, cause: Cause): void {
    const entry = this.#entries.get(session.sessionId);
    if (entry?.session === session) this.#remove(entry, 'deleted', cause);
  }

  /** The last client let go of a session. */
  unattached(session: HostedSession): void {
    if (this.#lingering.delete(session)) this.#options.onForgotten(session);
  }

  /** Has what is known of a session kept, unless it is gone already or not there yet. */
  record(session: HostedSession): void {
    const { sessionId } = session;
    if (this.find(sessionId) === session) this.#options.records.keep(sessionId, () => session.record());
  }

  /** Makes what calls from outside on behalf of a session harmless to all others: a failure ends its program. */
  guard(session: LiveSession): Guard {
    return this.#options.containment.guard({
      kind: 'session',
      facts: { sessionId: session.sessionId },
      end: () => void session.end('terminated'),
    });
  }

  onEvent(listener: (event: SessionEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: SessionEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Makes no room any more. Idempotent. */
  seal(): void {
    this.#closed = true;
  }

  /** Stops every clock; called once the programs have ended. */
  close(): void {
    this.seal();
    for (const { expiry, lifespan } of this.#entries.values()) {
      clearTimeout(expiry);
      lifespan?.close();
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new ProtocolError('SHUTTING_DOWN', 'Cannot create a session: the server is ending');
  }

  #admit(session: LiveSession, cause: Cause): void {
    const lifespan = this.#lifespan(session);
    const entry: Entry = { session, lifespan };
    this.#entries.set(session.sessionId, entry);
    this.record(session);
    void session.stopped.then(() => {
      lifespan.close();
      this.#expireLater(entry, session.retentionMs);
    });
    this.#tell(session, { type: 'session_created', session: session.info() }, cause);
  }

  /**
   * The finished session that gives way to a new one: the oldest, and none while there is room. Running ones never do.
   * @throws ProtocolError when there is no room and nobody to give way.
   */
  #replaceable(kind: SessionKind): Entry | undefined {
    const maxSessions = this.#options.maxSessions[kind];
    const held = this.held().filter((session) => session.kind === kind).length - this.#yieldingOf(kind);
    const making = [...this.#making.values()].filter((each) => each === kind).length;
    if (held + making < maxSessions) return undefined;
    const finished = [...this.#entries.values()].find(
      (entry) => entry.session.kind === kind && isDispensable(entry.session) && !this.#yielding.has(entry),
    );
    if (finished !== undefined) return finished;
    const exist = `${maxSessions} ${maxSessions === 1 ? 'exists' : 'exist'}`;
    throw new ProtocolError('SESSION_LIMIT', `Cannot create a session: ${exist}, which is the most allowed`);
  }

  #yieldingOf(kind: SessionKind): number {
    return [...this.#yielding].filter(
      ({ session }) => session.kind === kind && this.find(session.sessionId) === session,
    ).length;
  }

  /** Ends the program of a session when it is too old or was silent for too long, and tells so before. */
  #lifespan(session: LiveSession): SessionLifespan {
    const { maxLifetimeMs, maxIdleMs } = this.#options;
    const bornMs = performance.now();
    return new SessionLifespan({
      maxLifetimeMs,
      maxIdleMs,
      ageMs: () => performance.now() - bornMs,
      quietMs: () => session.quietMs,
      guard: this.guard(session),
      onExpiring: (reason, inMs) => this.#tell(session, { type: 'session_expiring', reason, inMs }, undefined),
      onExpired: () => session.end('expired'),
    });
  }

  #expireLater(entry: Entry, inMs: number): void {
    const { session } = entry;
    if (this.#entries.get(session.sessionId) !== entry || this.#closed) return;
    const { containment } = this.#options;
    const expire = containment.guard({ kind: 'session', facts: { sessionId: session.sessionId }, end: () => {} });
    entry.expiry = setTimeout(
      expire(() => this.#remove(entry, 'expired')),
      Math.min(Math.max(0, inMs), MAX_TIMER_MS),
    );
    entry.expiry.unref();
  }

  #remove(entry: Entry, reason: 'deleted' | 'expired', cause?: Cause): void {
    const { session } = entry;
    const { sessionId } = session;
    if (this.#entries.get(sessionId) !== entry) return;
    this.#options.records.forget(sessionId);
    this.#forget(entry);
    this.#tell(session, { type: 'session_deleted', sessionId, reason }, cause);
  }

  #forget({ session, expiry }: Entry): void {
    clearTimeout(expiry);
    this.#entries.delete(session.sessionId);
    this.#options.onRemoved(session);
    if (session.attached > 0) this.#lingering.add(session);
    else this.#options.onForgotten(session);
  }

  #tell(session: HostedSession, event: ServerEvent, cause: Cause | undefined): void {
    const { sessionId } = session;
    const { owner } = session.facts();
    const timestamp = new Date().toISOString();
    this.emit({ sessionId, owner, seq: 0, timestamp, correlationId: cause?.correlationId, event });
  }
}

function isDispensable({ finished, attached }: HostedSession): boolean {
  return finished && attached === 0;
}
