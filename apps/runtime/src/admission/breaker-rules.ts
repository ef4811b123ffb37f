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
  /** Whose failures count together. */
  readonly keyOf: (command: Command, principalId: string) => string;
  /** What the end of a command says about the machine; `undefined` is a success. */
  readonly outcomeOf: (fault: ProtocolFault | undefined) => Outcome;
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
      outcomeOf: spawnOutcome,
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
      keyOf: ({ sessionId }) => sessionId!,
      outcomeOf: bashOutcome,
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
 * Whether starting a program tells that the machine is in trouble: it was too slow, or had no process, memory or descriptor to
 * give. What the client asked for wrongly, such as a program that does not exist, tells nothing.
 */
function spawnOutcome(fault: ProtocolFault | undefined): Outcome {
  if (fault === undefined) return 'success';
  if (fault.code === 'TIMEOUT') return 'failure';
  return fault.code === 'SPAWN_FAILED' && fault.details?.['reason'] === 'out-of-resources' ? 'failure' : 'ignored';
}

/**
 * Whether a shell command tells that running more of them is of no use: it did not end in time, or could not be started. A status, a signal, and
 * an end that somebody asked for tell nothing about that.
 */
function bashOutcome(fault: ProtocolFault | undefined): Outcome {
  if (fault === undefined) return 'success';
  return fault.code === 'TIMEOUT' || fault.code === 'SPAWN_FAILED' ? 'failure' : 'ignored';
}
