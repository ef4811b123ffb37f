import type { Command, CommandType, ProtocolFault } from '@sessiond/protocol';
import type { Outcome } from '@sessiond/resilience';
import type { BreakerName } from './admission-observer.ts';

/** What one breaker stands before and how it judges. */
export interface BreakerRule {
  readonly name: BreakerName;
  /** The commands it stands before; a command has one breaker at the most. */
  readonly commands: readonly CommandType[];
  /** What is told to whom is refused; the end of `Cannot run the command: …`. */
  readonly trouble: string;
  /** What has a breaker of its own, beside the one of everybody. */
  readonly scope: 'principal' | 'session';
  /** Whose failures count together; `instance` is the life of the session that the command is for. */
  readonly keyOf: (command: Command, principalId: string, instance: string | undefined) => string;
  /** The id, of the session or principal, that such a key is about. */
  readonly idOf: (key: string) => string;
  /** Failures of one key within the window that stop that key. */
  readonly failuresPerKey: number;
  /** Failures of all keys together that stop everybody, at least 5: one key counts for at most a fifth of them. Ten keys that are stopped do, too. */
  readonly failuresTotal: number;
  readonly windowMs: number;
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
      failuresPerKey: limits.spawnFailuresPerPrincipal,
      failuresTotal: limits.spawnFailuresTotal,
      windowMs: limits.spawnFailureWindowMs,
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
      keyOf: ({ sessionId }, _principalId, instance = '') => `${sessionId} ${instance}`,
      idOf: (key) => key.slice(0, key.indexOf(' ')),
      failuresPerKey: limits.bashTimeoutsPerSession,
      failuresTotal: limits.bashTimeoutsTotal,
      windowMs: limits.bashTimeoutWindowMs,
      pauseMs: limits.bashPauseMs,
      probes: 2,
    });
  }
  return rules;
}

/**
 * What the end of a command, `undefined` for a success, tells about running more of them: they are of no use when it did not end in time, or when the
 * machine had no process, memory or descriptor to give. What the client asked for wrongly, such as a program or a folder that does not exist, tells
 * nothing, and neither do a status, a signal, and an end that somebody asked for.
 */
export function outcomeOf(fault: ProtocolFault | undefined): Outcome {
  if (fault === undefined) return 'success';
  if (fault.code === 'TIMEOUT') return 'failure';
  return fault.code === 'SPAWN_FAILED' && fault.details?.['reason'] === 'out-of-resources' ? 'failure' : 'ignored';
}
