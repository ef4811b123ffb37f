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

/** Stands for the environment of a process that is just executing a program, and has none for a moment. */
export const BETWEEN_PROGRAMS: unique symbol = Symbol('between programs');

/** The processes of a machine: who is there, and signals to them. */
export interface ProcessTable {
  /** Whether processes can be looked at; without that, identities cannot be checked. */
  readonly readable: boolean;
  /** Another one after every start of the machine, since pids and start times begin anew then; `undefined` if unknown. */
  readonly bootId: string | undefined;
  /** One process; `undefined` when it does not exist. */
  read(pid: number): ProcessInfo | undefined;
  /**
   * A variable of the environment that the program of a process was started with.
   * @returns `null` when it is not set, `undefined` when that cannot be known: no such process, or not one of this user;
   * {@link BETWEEN_PROGRAMS} when it can be known in a moment.
   */
  variable(pid: number, name: string): string | null | undefined | typeof BETWEEN_PROGRAMS;
  /** All living processes, zombies left out; may be a few milliseconds old. */
  list(): readonly ProcessInfo[];
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
  readonly bootId: string | undefined = readKernelFile('sys/kernel/random/boot_id')?.trim();
  readonly #now: () => number;
  #scannedAt = Number.NEGATIVE_INFINITY;
  #living: readonly ProcessInfo[] = [];
  #sessions: ReadonlyMap<number, readonly ProcessInfo[]> = new Map();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Costs one small read. */
  read(pid: number): ProcessInfo | undefined {
    return readProcess(pid);
  }

  /** Costs one read, of 2 MiB at most, and another where that is empty. */
  variable(pid: number, name: string): string | null | undefined | typeof BETWEEN_PROGRAMS {
    const environment = readKernelFile(`${pid}/environ`);
    if (environment === undefined) return undefined;
    if (environment === '') return variableOfNone(pid);
    const assignment = `${name}=`;
    const found = environment.split('\0').find((entry) => entry.startsWith(assignment));
    return found === undefined ? null : found.slice(assignment.length);
  }

  /** Costs one small read for each process of the machine and two of the list, at most once in 5 ms. */
  list(): readonly ProcessInfo[] {
    this.#look();
    return this.#living;
  }

  /** Costs as much as {@link list}, and nothing together with it. */
  sessionMembers(sessionId: number): readonly ProcessInfo[] {
    this.#look();
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

  #look(): void {
    if (this.#now() - this.#scannedAt <= SCAN_SERVES_MS) return;
    const first = pids();
    const found = first.map(readProcess);
    // A look is no moment: a process that forks and ends meanwhile hides its child, whose number may be lower.
    const seen = new Set(first);
    const later = pids().filter((pid) => !seen.has(pid));
    this.#living = [...found, ...later.map(readProcess)]
      .filter((found) => found !== undefined)
      .filter(({ state }) => state !== 'Z');
    this.#sessions = bySession(this.#living);
    this.#scannedAt = this.#now();
  }
}

function readProcess(pid: number): ProcessInfo | undefined {
  const fields = statOf(pid);
  if (fields === undefined) return undefined;
  return {
    pid,
    state: fields[0]!,
    groupId: Number(fields[2]),
    sessionId: Number(fields[3]),
    startTime: Number(fields[19]),
  };
}

/** What `/proc/<pid>/stat` tells, from the state on: the command's name before it may itself hold spaces and parentheses. */
function statOf(pid: number): string[] | undefined {
  const stat = readKernelFile(`${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/**
 * What an environment that was read as empty tells. The kernel sets where the code begins after the environment is there: a process that
 * executes a program just now has code that begins at 0, and an environment that ends nowhere, or where it begins.
 */
function variableOfNone(pid: number): null | undefined | typeof BETWEEN_PROGRAMS {
  const fields = statOf(pid);
  if (fields === undefined) return undefined;
  const [codeStart, start, end] = [fields[23], fields[47], fields[48]];
  return codeStart !== '0' && start === end ? null : BETWEEN_PROGRAMS;
}

function bySession(processes: readonly ProcessInfo[]): ReadonlyMap<number, readonly ProcessInfo[]> {
  const sessions = new Map<number, ProcessInfo[]>();
  for (const found of processes) {
    const members = sessions.get(found.sessionId);
    if (members === undefined) sessions.set(found.sessionId, [found]);
    else members.push(found);
  }
  return sessions;
}

function readKernelFile(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch {
    return undefined;
  }
}

function pids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}
