import type { ProviderFailure } from '@sessiond/agent-core';
import type { Command, CommandType, ProtocolFault } from '@sessiond/protocol';
import type { Outcome } from '@sessiond/resilience';
import type { BreakerName } from './admission-observer.ts';

/** The model that an agent asks. */
export interface AskedModel {
  readonly provider: string;
  /** Unique with the provider. */
  readonly model: string;
}

/** What breakers ask about sessions; known here and now. */
export interface SessionTraits {
  /** Tells the life of a session, which another one of the same id does not have; `undefined` when there is none. */
  instanceOf(sessionId: string): string | undefined;
  /** Whom the agent of a session asks; `undefined` where that is not known, and for a terminal. */
  modelOf(sessionId: string): AskedModel | undefined;
}

/** What one breaker stands before and how it judges. */
export interface BreakerRule {
  readonly name: BreakerName;
  /** The commands it stands before; a command has one breaker at the most. */
  readonly commands: readonly CommandType[];
  /** What is told to whom is refused; the end of `Cannot run the command: …`. */
  readonly trouble: string;
  /** What has a breaker of its own. */
  readonly scope: 'principal' | 'session' | 'provider';
  /** Whose failures count together; `undefined` for a command that needs nothing that could fail. */
  readonly keyOf: (command: Command, principalId: string, sessions: SessionTraits) => string | undefined;
  /** The id, of the session, principal or model, that such a key is about. */
  readonly idOf: (key: string) => string;
  /** What the end of a command, `undefined` for a success, tells about running more of them. */
  readonly outcomeOf: (fault: ProtocolFault | undefined) => Outcome;
  /** Failures of one key within the window that stop that key. */
  readonly failuresPerKey: number;
  /**
   * Failures of all keys together that stop everybody, at least 5: one key counts for at most a fifth of them. Ten keys that are stopped do, too. `null`
   * where keys have nothing in common that could fail.
   */
  readonly failuresTotal: number | null;
  readonly windowMs: number;
  /**
   * How far apart failures of one key may end that follow each other with no success between them: so many as stop a key do so then, too. `null` where a
   * call takes no longer than a window to fail.
   */
  readonly rowMs: number | null;
  /** How long nothing is tried at first; doubled each time that did not help. */
  readonly pauseMs: number;
  /** Calls that have to succeed before everything is let through again. */
  readonly probes: number;
}

/** Limits of breakers; `null` switches one off. */
export interface BreakerLimits {
  readonly spawnFailuresPerPrincipal: number | null;
  readonly spawnFailuresTotal: number;
  readonly spawnFailureWindowMs: number;
  readonly spawnPauseMs: number;
  readonly bashTimeoutsPerSession: number | null;
  readonly bashTimeoutsTotal: number;
  readonly bashTimeoutWindowMs: number;
  readonly bashPauseMs: number;
  readonly providerFailures: number | null;
  readonly providerFailureWindowMs: number;
  readonly providerPauseMs: number;
  /** How long a prompt may wait for a provider, and how long it may take, before it fails. */
  readonly agentFirstTokenMs: number | null;
  readonly agentPromptMs: number;
}

/** Every breaker before commands: a new one is a row here, and a name. */
export function breakerRules(limits: BreakerLimits): BreakerRule[] {
  const rules: BreakerRule[] = [];
  if (limits.spawnFailuresPerPrincipal !== null) {
    rules.push({
      name: 'spawn',
      commands: ['create_session'],
      trouble: 'programs could not be started lately',
      scope: 'principal',
      keyOf: (_command, principalId) => principalId,
      idOf: (key) => key,
      outcomeOf: outcomeOfProcess,
      failuresPerKey: limits.spawnFailuresPerPrincipal,
      failuresTotal: limits.spawnFailuresTotal,
      windowMs: limits.spawnFailureWindowMs,
      rowMs: null,
      pauseMs: limits.spawnPauseMs,
      probes: 2,
    });
  }
  if (limits.bashTimeoutsPerSession !== null) {
    rules.push({
      name: 'bash',
      commands: ['bash'],
      trouble: 'shell commands did not end in time lately, or could not be started',
      scope: 'session',
      // A new session of the same id has done nothing wrong yet. No id holds a space.
      keyOf: ({ sessionId = '' }, _principalId, sessions) => `${sessionId} ${sessions.instanceOf(sessionId) ?? ''}`,
      idOf: (key) => key.slice(0, key.indexOf(' ')),
      outcomeOf: outcomeOfProcess,
      failuresPerKey: limits.bashTimeoutsPerSession,
      failuresTotal: limits.bashTimeoutsTotal,
      windowMs: limits.bashTimeoutWindowMs,
      rowMs: null,
      pauseMs: limits.bashPauseMs,
      probes: 2,
    });
  }
  if (limits.providerFailures !== null) {
    rules.push({
      name: 'provider',
      commands: ['prompt', 'compact'],
      trouble: 'the provider of the model failed lately',
      scope: 'provider',
      keyOf: ({ sessionId = '' }, _principalId, sessions) => {
        const model = sessions.modelOf(sessionId);
        return model && modelName(model);
      },
      idOf: (key) => key,
      outcomeOf: outcomeOfProvider,
      failuresPerKey: limits.providerFailures,
      failuresTotal: null,
      windowMs: limits.providerFailureWindowMs,
      // A provider that hangs fails once in so long, however often it is asked again.
      rowMs: limits.providerFailureWindowMs + (limits.agentFirstTokenMs ?? limits.agentPromptMs),
      pauseMs: limits.providerPauseMs,
      probes: 2,
    });
  }
  return rules;
}

/** As people write it. */
function modelName({ provider, model }: AskedModel): string {
  return `${provider}/${model}`;
}

/**
 * What the end of a command that asked a model, `undefined` for a success, tells about asking it again: only a failure that the agent blames on the
 * provider is one. What tools did, what somebody aborted, what took long though the model answered, and a wrong key say nothing.
 */
export function outcomeOfProvider(fault: ProtocolFault | undefined): Outcome {
  if (fault === undefined) return 'success';
  if (fault.code !== 'AGENT_FAILED') return 'ignored';
  const failure = fault.details?.['provider'] as Partial<ProviderFailure> | undefined;
  if (failure === undefined) return 'ignored';
  const { kind, status = 0 } = failure;
  // Another status is about this one request: its key, its size, a model that does not exist.
  return kind === 'http' && status < 500 && status !== 429 && status !== 408 ? 'ignored' : 'failure';
}

/**
 * What the end of a command, `undefined` for a success, tells about running more of them: they are of no use when it did not end in time, or when the
 * machine had no process, memory or descriptor to give. What the client asked for wrongly, such as a program or a folder that does not exist, tells
 * nothing, and neither do a status, a signal, and an end that somebody asked for.
 */
export function outcomeOfProcess(fault: ProtocolFault | undefined): Outcome {
  if (fault === undefined) return 'success';
  if (fault.code === 'TIMEOUT') return 'failure';
  return fault.code === 'SPAWN_FAILED' && fault.details?.['reason'] === 'out-of-resources' ? 'failure' : 'ignored';
}
