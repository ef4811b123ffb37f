import { readdirSync, readFileSync } from 'node:fs';

// USER_HZ is 100 on every Linux architecture that Node runs on.
const TICKS_PER_SECOND = 100;

/**
 * User and system CPU time a process has used since it started, all its threads included, its children not.
 *
 * Linux only. Throws when the process is gone.
 */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field, the name, may itself contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory of a process in MiB. Linux only. Throws when the process is gone. */
export function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/**
 * CPU time of the threads that a process has now, in nanoseconds: finer than {@link cpuSeconds}, which counts ticks, but without
 * threads that have ended. Linux only. Throws when the process is gone.
 */
export function cpuNanoseconds(pid: number): number {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
  }
  return sum;
}
