import type { AgentOwner, OpenAgent } from '@sessiond/agent-core';
import { type AgentEvent, type AgentOptions, type AgentPhase, ProtocolError, type Retention } from '@sessiond/protocol';
import { Bulkhead } from '@sessiond/resilience';
import type { AgentHosting } from '../../agents/agent-hosting.ts';
import type { Guard } from '../../containment.ts';
import type { Cause } from '../cause.ts';
import type { HostedSession } from '../hosted-session.ts';
import type { SessionEvent } from '../session-host.ts';
import type { SessionRegistry } from '../session-registry.ts';
import type { AgentCounts } from './agent-counts.ts';
import { toProtocolError } from './agent-errors.ts';
import { AgentSession } from './agent-session.ts';

/** What a session is to be. */
export interface AgentSessionSpec {
  readonly sessionId: string;
  readonly name?: string | undefined;
  /** Absolute. */
  readonly cwd: string;
  /** Added to what any agent finds in its environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly laneId?: string | undefined;
  readonly terminalId?: string | undefined;
  readonly agent: AgentOptions;
  /** A conversation to go on with. */
  readonly resume?: OpenAgent['resume'];
  readonly retention?: Retention | undefined;
  /** A session that is over and whose place this one takes; what is told of it goes on there. */
  readonly inPlaceOf?: FormerSession | undefined;
}

/** What a session takes over from the one whose place it takes. */
export interface FormerSession {
  readonly session: HostedSession;
  readonly owner: string;
  readonly version: number;
  readonly createdAt: string;
}

/** What sessions of agents are made of. */
export interface AgentSessionsOptions {
  /** Absent where there are no agents. */
  readonly agents?: AgentHosting | undefined;
  readonly registry: SessionRegistry;
  /** How long a finished session stays readable when the client says nothing. */
  readonly retentionMs: number;
  readonly hooks: {
    readonly onEvent: (event: SessionEvent) => void;
    readonly onChanged: (session: HostedSession) => void;
    readonly onUnattached: (session: HostedSession) => void;
  };
}

/** Opens sessions of agents, whichever kind of agent it is. */
export class AgentSessions {
  readonly #options: AgentSessionsOptions;
  /** Places for dialogs of all sessions. */
  readonly #dialogPlaces: Pick<Bulkhead, 'tryAcquire'>;

  constructor(options: AgentSessionsOptions) {
    this.#options = options;
    this.#dialogPlaces = new Bulkhead({ limit: Math.max(1, options.agents?.maxDialogs ?? 1), maxQueue: 0 });
  }

  /**
   * Starts an agent, or takes a conversation up again; the session exists once the agent can be talked to. Aborting the signal takes the attempt back whole.
   * @throws ProtocolError `AGENT_UNAVAILABLE`, `AGENT_FAILED`, `INVALID_COMMAND` with the field, `SESSION_EXISTS`, `SESSION_LIMIT`, and the signal's reason.
   */
  async open(spec: AgentSessionSpec, cause: Cause, signal: AbortSignal): Promise<AgentSession> {
    const { agents, registry } = this.#options;
    const { sessionId, agent } = spec;
    const backend = agents?.backends.get(agent.backend);
    if (agents === undefined || backend === undefined) throw unknownBackend(agent.backend, agents);
    const { env, toolEnv } = agents.environment(spec.env);
    const session = this.#session(spec, toolEnv, cause, agents);
    const place = registry.reserve(sessionId, 'agent', spec.inPlaceOf?.session);
    try {
      const owner = guarded(session.agentOwner, registry.guard(session));
      const opened = await backend.open({ ...requestOf(spec), env, toolEnv }, owner, signal);
      session.begin(opened);
      // It may have come too late to be heard.
      signal.throwIfAborted();
      session.changed();
      place.take(session, cause);
      return session;
    } catch (error) {
      await session.end('terminated');
      throw toProtocolError(error);
    } finally {
      place.release();
    }
  }

  /** What sessions of agents hold, of those that are given, which are all that need memory. */
  counts(sessions: readonly AgentSession[]): AgentCounts {
    const sum = (value: (each: AgentSession) => number): number =>
      sessions.reduce((total, each) => total + value(each), 0);
    return {
      sessions: this.#options.registry.count('agent'),
      pendingDialogs: sum(({ pendingDialogs }) => pendingDialogs),
      logBytes: sum(({ logBytes }) => logBytes),
      logLimitBytes: sessions.length * (this.#options.agents?.logBytes ?? 0),
      backends: Array.from(this.#options.agents?.backends.values() ?? [], (backend) => ({
        ...backend.snapshot(),
        name: backend.name,
        phases: phasesOf(sessions.filter((session) => session.backend === backend.name)),
      })),
    };
  }

  /** Ends every agent and its processes within the time. Never rejects. */
  async close(deadlineMs: number): Promise<void> {
    const { agents, registry } = this.#options;
    const sessions = registry.all().filter((session) => session instanceof AgentSession);
    await Promise.all(sessions.map((session) => session.end('shutdown', deadlineMs)));
    await Promise.all([...(agents?.backends.values() ?? [])].map((backend) => backend.close(deadlineMs)));
  }

  /** Kills every process and waits for nothing. Never throws. */
  killAll(): void {
    for (const backend of this.#options.agents?.backends.values() ?? []) backend.killAll();
  }

  #session(
    { sessionId, name, cwd, laneId = 'default', terminalId = sessionId, agent, retention, inPlaceOf }: AgentSessionSpec,
    env: Readonly<Record<string, string>>,
    cause: Cause,
    hosting: AgentHosting,
  ): AgentSession {
    const { hooks, retentionMs } = this.#options;
    const session: AgentSession = new AgentSession({
      sessionId,
      owner: inPlaceOf?.owner ?? cause.principalId,
      version: inPlaceOf?.version,
      createdAt: inPlaceOf?.createdAt,
      name,
      cwd,
      env,
      laneId,
      terminalId,
      agent,
      retentionMs: retention?.afterExitMs ?? retentionMs,
      hosting,
      dialogPlaces: this.#dialogPlaces,
      onEvent: hooks.onEvent,
      onChanged: () => hooks.onChanged(session),
      onUnattached: () => hooks.onUnattached(session),
    });
    return session;
  }
}

function phasesOf(sessions: readonly AgentSession[]): Partial<Record<AgentPhase, number>> {
  const phases: Partial<Record<AgentPhase, number>> = {};
  for (const { phase } of sessions) phases[phase] = (phases[phase] ?? 0) + 1;
  return phases;
}

/** Lets a failure in here end the session, and reach nobody who calls. */
function guarded(owner: AgentOwner, guard: Guard): AgentOwner {
  return {
    ...owner,
    onEvent: guard((event: AgentEvent) => owner.onEvent(event)),
    onStatusChanged: guard(() => owner.onStatusChanged()),
  };
}

function requestOf(spec: AgentSessionSpec): Omit<OpenAgent, 'env' | 'toolEnv'> {
  const { sessionId, cwd, name, agent, resume } = spec;
  const { model, thinkingLevel, command, args } = agent;
  return {
    sessionId,
    cwd,
    ...(name !== undefined && { name }),
    ...(model !== undefined && { model }),
    ...(thinkingLevel !== undefined && { thinkingLevel }),
    ...(command !== undefined && { command }),
    ...(args !== undefined && { args }),
    ...(resume !== undefined && { resume }),
  };
}

function unknownBackend(name: string, agents: AgentHosting | undefined): ProtocolError {
  const backends = [...(agents?.backends.keys() ?? [])];
  const there = backends.length === 0 ? 'no agents' : `agents of ${backends.join(', ')}`;
  return new ProtocolError('AGENT_UNAVAILABLE', `Cannot use agents of ${name}: this server has ${there}`, {
    details: { field: 'agent.backend', backends },
  });
}
