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

/** Reads one process from `/proc`; `undefined` when it does not exist or the system has no `/proc`. */
export function readProcess(pid: number): ProcessInfo | undefined {
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

/**
 * Living processes of a session, zombies left out. Costs one small read for each process of the machine.
 * Empty on systems without `/proc`.
 */
export function sessionMembers(sessionId: number): ProcessInfo[] {
  let entries: string[];
  try {
    entries = readdirSync('/proc');
  } catch {
    return [];
  }
  return entries
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((found): found is ProcessInfo => found?.sessionId === sessionId && found.state !== 'Z');
}
