import { constants } from 'node:os';
import { InvalidOptionError } from './errors.ts';
import { type ProcessInfo, readProcess, sessionMembers } from './processes.ts';

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
  readonly #leaderStartTime: number | undefined;
  #leaderGone = false;

  /** Made right after the fork, while the child cannot have been reaped. */
  constructor(leaderPid: number) {
    this.leaderPid = leaderPid;
    this.#leaderStartTime = readProcess(leaderPid)?.startTime;
  }

  /** Tells that the leader was reaped; its pid may belong to a stranger from now on. */
  leaderReaped(): void {
    this.#leaderGone = true;
  }

  /** Living members. A session of a recycled pid is not ours and has none. */
  members(): ProcessInfo[] {
    const members = sessionMembers(this.leaderPid);
    const recycled = members.some(
      ({ pid, startTime }) => pid === this.leaderPid && (this.#leaderGone || startTime !== this.#leaderStartTime),
    );
    return recycled ? [] : members;
  }

  /** Signals the leader's process group, as a terminal would. @returns whether anybody received it. */
  signalLeaderGroup(signal: SignalName): boolean {
    return !this.#leaderGone && send(-this.leaderPid, signal);
  }

  /** Signals every process group of the session. @returns whether anybody received it. */
  signalAll(signal: SignalName): boolean {
    const groups = new Set(this.members().map(({ groupId }) => groupId));
    if (!this.#leaderGone) groups.add(this.leaderPid);
    return [...groups].filter((group) => send(-group, signal)).length > 0;
  }
}

function send(target: number, signal: SignalName): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}
