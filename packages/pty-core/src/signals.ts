import { constants } from 'node:os';
import { InvalidOptionError } from './errors.ts';
import type { ProcessInfo, ProcessTable } from './processes.ts';

/** A signal by its name, such as `SIGTERM`. */
export type SignalName = NodeJS.Signals;

/** Checks a signal's name. @throws InvalidOptionError for anything this system does not know. */
export function checkedSignal(name: string): SignalName {
  if (!Object.hasOwn(constants.signals, name)) {
    throw new InvalidOptionError('signal', name, 'a signal name of this system, such as "SIGTERM"');
  }
  return name as SignalName;
}

/** The name of a signal's number; `SIG<n>` for one without a name. */
export function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `SIG${number}`;
}

/**
 * The processes behind one PTY: the child, which leads a session, and whatever it started there.
 * Signals go only to processes that provably belong to it: an identity is a pid together with its start time.
 */
export class ProcessSession {
  readonly leaderPid: number;
  readonly #table: ProcessTable;
  /** `undefined` where processes cannot be looked at. */
  readonly leaderStartTime: number | undefined;
  #leaderReaped = false;

  /** Made right after the fork. */
  constructor(leaderPid: number, table: ProcessTable) {
    this.leaderPid = leaderPid;
    this.#table = table;
    this.leaderStartTime = table.read(leaderPid)?.startTime;
  }

  /** Whether {@link leaderReaped} was called. */
  get leaderKnownGone(): boolean {
    return this.#leaderReaped;
  }

  /** Tells that the leader was reaped; its pid may belong to a stranger from now on. */
  leaderReaped(): void {
    this.#leaderReaped = true;
  }

  /** Living members. A session that a stranger leads, whose pid was our leader's, is not ours and has none. */
  members(): readonly ProcessInfo[] {
    const members = this.#table.sessionMembers(this.leaderPid);
    const leader = members.find(({ pid }) => pid === this.leaderPid);
    return leader !== undefined && leader.startTime !== this.leaderStartTime ? [] : members;
  }

  /** Whether no process of the session is left. Without a readable table only the leader is known of. */
  isEmpty(): boolean {
    return !this.#leaderAlive() && this.members().length === 0;
  }

  /** Signals the leader's process group, as a terminal would. @returns whether anybody received it. */
  signalLeaderGroup(signal: SignalName): boolean {
    if (!this.#leaderAlive()) return false;
    // Right after the fork the child does not lead a group yet.
    return this.#table.kill(-this.leaderPid, signal) || this.#table.kill(this.leaderPid, signal);
  }

  /** Signals every process group of the session. @returns whether anybody received it. */
  signalAll(signal: SignalName): boolean {
    const groups = new Set(this.members().map(({ groupId }) => groupId));
    if (this.#leaderAlive()) groups.add(this.leaderPid);
    const reached = [...groups].map((group) => this.#table.kill(-group, signal));
    return reached.includes(true) || this.signalLeaderGroup(signal);
  }

  /** Our being told of the reaping comes a moment after it, so the pid alone proves nothing. */
  #leaderAlive(): boolean {
    if (this.#leaderReaped) return false;
    if (!this.#table.readable) return true;
    const found = this.#table.read(this.leaderPid);
    return found !== undefined && found.startTime === this.leaderStartTime && found.state !== 'Z';
  }
}
