import { readdirSync, readFileSync } from 'node:fs';

/** One process as the kernel tells it. */
interface SessionMember {
  readonly pid: number;
  readonly groupId: number;
  readonly sessionId: number;
  /** Clock ticks between boot and its start: with the pid an identity that is never used twice. */
  readonly startTime: number;
  readonly isZombie: boolean;
}

/**
 * The process session that a child leads, with everything it started there. Signals go only to what provably belongs to it.
 *
 * On Linux its members are found in `/proc`, which costs a small read for each process of the machine; elsewhere only the leader's process group is known. A process
 * that moves to a session of its own has left.
 */
export class ProcessSession {
  readonly #leaderPid: number;
  readonly #leaderStartTime: number | undefined;
  #leaderReaped = false;

  /** Made right after the start of the leader. */
  constructor(leaderPid: number) {
    this.#leaderPid = leaderPid;
    this.#leaderStartTime = readProcess(leaderPid)?.startTime;
  }

  /** Whether the leader is told to be gone. */
  get leaderReaped(): boolean {
    return this.#leaderReaped;
  }

  /** Tells that the leader was reaped: its pid may be a stranger's from now on. */
  reaped(): void {
    this.#leaderReaped = true;
  }

  /** Whether nobody is left. Looks at the machine only once the leader is gone. */
  isEmpty(): boolean {
    return this.#leaderReaped && this.#members().length === 0;
  }

  /** Sends a signal to every process group of the session. Never throws. */
  signal(name: NodeJS.Signals): void {
    const groups = new Set(this.#members().map(({ groupId }) => groupId));
    if (!this.#leaderReaped) groups.add(this.#leaderPid);
    for (const group of groups) send(-group, name);
  }

  #members(): readonly SessionMember[] {
    const members = processes().filter(({ sessionId, isZombie }) => sessionId === this.#leaderPid && !isZombie);
    const leader = members.find(({ pid }) => pid === this.#leaderPid);
    // The kernel gives the number of a session to nobody else while one of its processes lives: a new leader means that ours are all gone.
    return leader !== undefined && leader.startTime !== this.#leaderStartTime ? [] : members;
  }
}

function send(target: number, name: NodeJS.Signals): void {
  try {
    process.kill(target, name);
  } catch {
    // Whoever it was meant for has ended meanwhile.
  }
}

function processes(): readonly SessionMember[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter(Number.isInteger)
      .map(readProcess)
      .filter((found) => found !== undefined);
  } catch {
    return [];
  }
}

function readProcess(pid: number): SessionMember | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The second field, the name in parentheses, may itself hold blanks and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    isZombie: fields[0] === 'Z',
    groupId: Number(fields[2]),
    sessionId: Number(fields[3]),
    startTime: Number(fields[19]),
  };
}
