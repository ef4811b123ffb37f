import { readdirSync, readFileSync } from 'node:fs';

/** One process as the kernel tells it. */
export interface ProcessInfo {
  readonly pid: number;
  readonly groupId: number;
  readonly sessionId: number;
  /** Clock ticks between boot and the start of the process: with the pid an identity that is never used twice. */
  readonly startTime: number;
  /** One letter, `Z` for a process that has ended and was not reaped. */
  readonly state: string;
}

/** The processes of a machine: who is there, and signals to them. */
export interface ProcessTable {
  /** Whether processes can be looked at; without that, identities cannot be checked. */
  readonly readable: boolean;
  /** One process; `undefined` when it does not exist. */
  read(pid: number): ProcessInfo | undefined;
  /** Living processes of a session, zombies left out; may be a few milliseconds old. */
  sessionMembers(sessionId: number): readonly ProcessInfo[];
  /** Sends a signal to a pid, or to a group when negative. @returns whether anybody received it. */
  kill(target: number, signal: NodeJS.Signals): boolean;
}

/** How long one look at the whole table serves, so that ending 300 children looks as often as ending one. */
const SCAN_SERVES_MS = 5;

/**
 * The process table of Linux, read from `/proc`. Elsewhere nothing is readable and sessions seem empty, which leaves only
 * signals to a child's own group.
 */
export class LinuxProcessTable implements ProcessTable {
  readonly readable: boolean = readProcess(process.pid) !== undefined;
  readonly #now: () => number;
  #scannedAt = Number.NEGATIVE_INFINITY;
  #sessions: ReadonlyMap<number, readonly ProcessInfo[]> = new Map();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Costs one small read. */
  read(pid: number): ProcessInfo | undefined {
    return readProcess(pid);
  }

  /** Costs one small read for each process of the machine, at most once in 5 ms. */
  sessionMembers(sessionId: number): readonly ProcessInfo[] {
    if (this.#now() - this.#scannedAt > SCAN_SERVES_MS) {
      this.#sessions = livingSessions();
      this.#scannedAt = this.#now();
    }
    return this.#sessions.get(sessionId) ?? [];
  }

  kill(target: number, signal: NodeJS.Signals): boolean {
    try {
      return process.kill(target, signal);
    } catch {
      // Whoever it was meant for may have gone since the last look.
      this.#scannedAt = Number.NEGATIVE_INFINITY;
      return false;
    }
  }
}

function readProcess(pid: number): ProcessInfo | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The second field, the command's name in parentheses, may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    state: fields[0]!,
    groupId: Number(fields[2]),
    sessionId: Number(fields[3]),
    startTime: Number(fields[19]),
  };
}

function livingSessions(): ReadonlyMap<number, readonly ProcessInfo[]> {
  const sessions = new Map<number, ProcessInfo[]>();
  for (const pid of pids()) {
    const found = readProcess(pid);
    if (found === undefined || found.state === 'Z') continue;
    const members = sessions.get(found.sessionId);
    if (members === undefined) sessions.set(found.sessionId, [found]);
    else members.push(found);
  }
  return sessions;
}

function pids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}
