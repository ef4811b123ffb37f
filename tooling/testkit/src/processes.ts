import { readdirSync, readFileSync } from 'node:fs';

/** One process, told apart from a later one with the same pid by when it started (clock ticks since boot). */
export interface ProcessId {
  readonly pid: number;
  readonly startedAt: string;
}

/** A member of a process session. */
export interface SessionMember extends ProcessId {
  readonly groupId: number;
}

interface Stat extends SessionMember {
  readonly parent: number;
  readonly sessionId: number;
  readonly state: string;
}

/** Children of a process, their children, and so on; Linux only, elsewhere none are found. */
export function descendants(pid: number): ProcessId[] {
  const all = pids().flatMap((each) => readStat(each) ?? []);
  const found: Stat[] = [];
  let parents = new Set([pid]);
  while (parents.size > 0) {
    const children = all.filter(({ parent }) => parents.has(parent));
    found.push(...children);
    parents = new Set(children.map((child) => child.pid));
  }
  return found.map(({ pid: child, startedAt }) => ({ pid: child, startedAt }));
}

/** The living processes of the session that this process leads or has led; Linux only, elsewhere none are found. */
export function sessionMembers(leader: number): SessionMember[] {
  return pids()
    .flatMap((each) => readStat(each) ?? [])
    .filter(({ sessionId, state }) => sessionId === leader && state !== 'Z' && state !== 'X')
    .map(({ pid, startedAt, groupId }) => ({ pid, startedAt, groupId }));
}

/** Whether this very process still runs; one that ended and waits to be reaped does not. */
export function isAlive({ pid, startedAt }: ProcessId): boolean {
  const stat = readStat(pid);
  return stat !== null && stat.startedAt === startedAt && stat.state !== 'Z' && stat.state !== 'X';
}

/** Whether a process with this pid runs; for a pid that may have been given anew meanwhile, see {@link isAlive}. */
export function isRunning(pid: number): boolean {
  const state = readStat(pid)?.state;
  return state !== undefined && state !== 'Z' && state !== 'X';
}

/** Resident memory of a process. Throws when there is no such process. */
export function rssBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? 0) * 1024;
}

function pids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function readStat(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name may contain spaces and parentheses; the fields behind it do not.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [parent, groupId, sessionId] = fields.slice(1, 4).map(Number) as [number, number, number];
    return { pid, state: fields[0]!, parent, groupId, sessionId, startedAt: fields[19]! };
  } catch {
    return null;
  }
}
