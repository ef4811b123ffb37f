import { BETWEEN_PROGRAMS, type ProcessInfo, type ProcessTable } from './processes.ts';
import { INSTANCE_VARIABLE, type RecordedChild } from './pty-ledger.ts';
import type { SignalName } from './signals.ts';
import type { EndableSession } from './termination.ts';

/**
 * Why a process was left alone:
 * `unmarked`: it is in the session of a recorded child, without our mark in its environment;
 * `unreadable`: so is it, and its environment cannot be read, as after `sudo`, or it did nothing but begin programs;
 * `pid-reused`: it has the pid of a recorded child, and started at another time;
 * `own-session`: it shares its session with this very process;
 * `unrecorded`: it carries our mark, and is not in the session of a recorded child, as after `setsid`;
 * `survived`: it is ours, and even SIGKILL has not ended it yet.
 */
export type LeftAloneReason = 'unmarked' | 'unreadable' | 'pid-reused' | 'own-session' | 'unrecorded' | 'survived';

/** What is known about who a process belongs to; `undecided` for a moment only. */
type Standing = 'ours' | 'undecided' | 'unmarked' | 'unreadable';

/** A process that the pass has found and not ended. */
export interface LeftAlone {
  readonly pid: number;
  readonly reason: LeftAloneReason;
  /** The recorded PTY it was found by; absent when it was found by its mark alone. */
  readonly ptyId?: string;
}

/**
 * What is left of the session of a child whose daemon is gone.
 *
 * A process belongs to it, and is signalled, only with this proof: the session has the number of a recorded child, no
 * other process has that number as its pid (the kernel gives it to nobody while the session exists), and its own environment
 * carries the mark of the instance that recorded the child. Signals go to single processes, whose start time is looked at right
 * before. Between that look and the signal lie microseconds in which the pid would have to end and be given away anew.
 */
export class OrphanedSession implements EndableSession {
  /** Nobody tells us of the end of processes that are not our children. */
  readonly leaderKnownGone = true;
  readonly child: RecordedChild;
  readonly #instanceId: string;
  readonly #processes: ProcessTable;
  /** Processes that have proven once to be ours stay so, whatever they execute later. */
  readonly #proven = new Map<string, ProcessInfo>();
  /** A daemon may be started again from within a terminal that its predecessor left behind. */
  readonly #own: boolean;

  constructor(instanceId: string, child: RecordedChild, processes: ProcessTable) {
    this.#instanceId = instanceId;
    this.child = child;
    this.#processes = processes;
    this.#own = processes.read(process.pid)?.sessionId === child.pid;
  }

  /** How many processes have proven to be ours since the first look. */
  get found(): number {
    return this.#proven.size;
  }

  /** How many of them have ended; one that has moved to another session meanwhile has not. */
  get terminated(): number {
    return [...this.#proven.values()].filter((found) => !this.#isAlive(found)).length;
  }

  /** Whether no process is left in the session, ours or not. */
  get vacant(): boolean {
    return this.#inhabitants().length === 0;
  }

  isEmpty(): boolean {
    if (this.#own) return true;
    const standings = this.#inhabitants().map((found) => this.#standingOf(found));
    return !standings.includes('ours') && !standings.includes('undecided');
  }

  signalAll(signal: SignalName): boolean {
    const reached = this.#members()
      .filter((member) => this.#isAlive(member))
      .map(({ pid }) => this.#processes.kill(pid, signal));
    return reached.includes(true);
  }

  /** Everybody who is there now, and why. */
  leftAlone(): LeftAlone[] {
    const { ptyId, pid } = this.child;
    if (this.#reusedPid()) return [{ pid, ptyId, reason: 'pid-reused' }];
    return this.#inhabitants().map((found) => ({ pid: found.pid, ptyId, reason: this.#whyLeft(found) }));
  }

  #whyLeft(found: ProcessInfo): LeftAloneReason {
    if (this.#own) return 'own-session';
    const standing = this.#standingOf(found);
    if (standing === 'ours') return 'survived';
    return standing === 'undecided' ? 'unreadable' : standing;
  }

  #members(): readonly ProcessInfo[] {
    return this.#own ? [] : this.#inhabitants().filter((found) => this.#standingOf(found) === 'ours');
  }

  #inhabitants(): readonly ProcessInfo[] {
    return this.#reusedPid() ? [] : this.#processes.sessionMembers(this.child.pid);
  }

  /** Whether a stranger has the child's pid: then the session was empty, and is a stranger's if it exists again. */
  #reusedPid(): boolean {
    const found = this.#processes.read(this.child.pid);
    return found !== undefined && found.startTime !== this.child.startTime;
  }

  #standingOf(found: ProcessInfo): Standing {
    const identity = `${found.pid}.${found.startTime}`;
    if (this.#proven.has(identity)) return 'ours';
    const mark = this.#processes.variable(found.pid, INSTANCE_VARIABLE);
    if (mark === BETWEEN_PROGRAMS) return 'undecided';
    if (mark === undefined) return 'unreadable';
    if (mark !== this.#instanceId) return 'unmarked';
    // If the pid has changed hands meanwhile, this proves one who has ended, and nobody is ever signalled for it.
    this.#proven.set(identity, found);
    return 'ours';
  }

  #isAlive({ pid, startTime }: ProcessInfo): boolean {
    const found = this.#processes.read(pid);
    return found?.startTime === startTime && found.state !== 'Z';
  }
}
