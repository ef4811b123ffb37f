import type { SignalName } from './signals.ts';

/** One step of ending a child: `atMs` after the beginning the signals go out, unless everything has ended before. */
export interface TerminationStep {
  readonly atMs: number;
  readonly signals: readonly SignalName[];
}

const HANGUP_AFTER_MS = 250;

/**
 * How a child is ended within a grace period: SIGTERM first; SIGHUP and SIGCONT soon after, because interactive shells
 * ignore SIGTERM and stopped jobs receive nothing; SIGKILL when the grace is over. No grace means SIGKILL at once.
 */
export function terminationPlan(gracePeriodMs: number): readonly TerminationStep[] {
  const kill: TerminationStep = { atMs: gracePeriodMs, signals: ['SIGKILL'] };
  if (gracePeriodMs === 0) return [kill];
  return [
    { atMs: 0, signals: ['SIGTERM'] },
    { atMs: Math.min(HANGUP_AFTER_MS, gracePeriodMs / 2), signals: ['SIGHUP', 'SIGCONT'] },
    kill,
  ];
}
