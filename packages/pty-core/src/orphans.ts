import { type Clock, systemClock } from './clock.ts';
import { InvalidOptionError } from './errors.ts';
import { type LeftAlone, OrphanedSession } from './orphaned-session.ts';
import { LinuxProcessTable, type ProcessTable } from './processes.ts';
import { type AbandonedRun, INSTANCE_VARIABLE, type PtyLedger } from './pty-ledger.ts';
import { endSession, Grace } from './termination.ts';

/** Settings of {@link reconcileOrphans}. */
export interface ReconcileOptions {
  readonly processes?: ProcessTable;
  readonly clock?: Clock;
  /** How long orphans may take to end before SIGKILL: 0 to 8,000 milliseconds, default 2,000. */
  readonly gracePeriodMs?: number;
}

/** What earlier runs left behind, and what became of it; plain JSON. */
export interface OrphanReport {
  /** Processes of earlier runs that were alive and proven to be ours. */
  readonly found: number;
  /** Always 0: the other end of a terminal dies with the process that opened it, so nobody can watch its children again. */
  readonly reattached: 0;
  /** Those of `found` that have ended. */
  readonly terminated: number;
  /** Processes that were not ended, and why; each once. */
  readonly reported: readonly LeftAlone[];
  /** `false` where processes cannot be looked at; nothing can be found then. */
  readonly readable: boolean;
  readonly tookMs: number;
}

const DEFAULTS = Object.freeze({ gracePeriodMs: 2_000 });
/** With the second in which SIGKILL is repeated, the pass stays under ten. */
const MAX_GRACE_MS = 8_000;

/**
 * Ends the processes that earlier runs of a service have left behind, because they died without ending their children.
 *
 * Most such children are gone already: their terminals were hung up. Those who ignore that, and jobs that outlive their shell,
 * are ended all at once: SIGTERM, SIGHUP and SIGCONT, and SIGKILL when the grace is over, so the pass takes at most
 * `gracePeriodMs` and a second. Only processes with our proof are signalled (see {@link OrphanedSession}); all others are
 * reported. A child leaves the ledger when nobody is left in its session, so what could not be ended is found again by the next
 * run. New children may be started meanwhile. Looking costs some 20 µs per process of the machine every 25 ms.
 *
 * @throws InvalidOptionError for a grace out of range.
 */
export async function reconcileOrphans(
  ledger: Pick<PtyLedger, 'abandoned' | 'forget'>,
  options: ReconcileOptions = {},
): Promise<OrphanReport> {
  const clock = options.clock ?? systemClock;
  const processes = options.processes ?? new LinuxProcessTable(clock.now);
  const gracePeriodMs = checkedGrace(options.gracePeriodMs ?? DEFAULTS.gracePeriodMs);
  const begun = clock.now();

  const runs = processes.readable ? ledger.abandoned() : [];
  const orphans = runs.map((run) => ({ run, sessions: sessionsOf(run, processes) }));
  const sessions = orphans.flatMap((orphan) => orphan.sessions);
  const leaderExited = new Promise<never>(() => {});
  const grace = new Grace(gracePeriodMs, clock);
  await Promise.all(sessions.map((session) => endSession(session, { grace, leaderExited, clock, onSignal: () => {} })));

  const reported = [...sessions.flatMap((session) => session.leftAlone()), ...unrecorded(runs, processes)];
  for (const { run, sessions } of orphans) {
    ledger.forget(
      run,
      sessions.filter(({ vacant }) => vacant).map(({ child }) => child),
    );
  }
  return {
    found: sum(sessions.map(({ found }) => found)),
    reattached: 0,
    terminated: sum(sessions.map(({ terminated }) => terminated)),
    reported: eachOnce(reported),
    readable: processes.readable,
    tookMs: clock.now() - begun,
  };
}

function sessionsOf({ instanceId, children }: AbandonedRun, processes: ProcessTable): OrphanedSession[] {
  return children.map((child) => new OrphanedSession(instanceId, child, processes));
}

/** Processes with the mark of an abandoned run that are in none of its sessions. */
function unrecorded(runs: readonly AbandonedRun[], processes: ProcessTable): LeftAlone[] {
  if (runs.length === 0) return [];
  const instances = new Set<unknown>(runs.map(({ instanceId }) => instanceId));
  return processes
    .list()
    .filter(({ pid }) => pid !== process.pid && instances.has(processes.variable(pid, INSTANCE_VARIABLE)))
    .map(({ pid }) => ({ pid, reason: 'unrecorded' }));
}

/** The first finding about a process is the one that says most. */
function eachOnce(findings: readonly LeftAlone[]): LeftAlone[] {
  const pids = new Set<number>();
  return findings.filter(({ pid }) => !pids.has(pid) && pids.add(pid));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function checkedGrace(value: number): number {
  if (!(value >= 0 && value <= MAX_GRACE_MS)) {
    throw new InvalidOptionError('gracePeriodMs', value, '0 to 8,000 milliseconds');
  }
  return value;
}
