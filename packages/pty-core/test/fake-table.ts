import { BETWEEN_PROGRAMS, type ProcessInfo, type ProcessTable } from '../src/processes.ts';

/** The pid of the leader, and so the number of its group and session. */
export const LEADER = 100;

/** A process table in memory that notes the signals sent. */
export class FakeTable implements ProcessTable {
  readable: boolean = true;
  bootId: string | undefined = 'first-boot';
  processes: ProcessInfo[] = [];
  /** Targets that nobody answers to. */
  missing: Set<number> = new Set();
  sent: string[] = [];
  /** What the processes of these pids have in their environment; `undefined` cannot be read. */
  environments: Map<number, Readonly<Record<string, string>> | undefined> = new Map();
  /** Processes that are just executing a program. */
  betweenPrograms: Set<number> = new Set();
  /** The signal that ends the process of this pid. */
  deadly: Map<number, NodeJS.Signals> = new Map();

  add(pid: number, { group = LEADER, session = LEADER, startTime = pid }: Record<string, number> = {}): this {
    this.processes.push({ pid, groupId: group, sessionId: session, startTime, state: 'S' });
    return this;
  }

  read(pid: number): ProcessInfo | undefined {
    return this.readable ? this.processes.find((found) => found.pid === pid) : undefined;
  }

  variable(pid: number, name: string): string | null | undefined | typeof BETWEEN_PROGRAMS {
    if (this.read(pid) === undefined) return undefined;
    if (this.betweenPrograms.has(pid)) return BETWEEN_PROGRAMS;
    if (!this.environments.has(pid)) return null;
    const environment = this.environments.get(pid);
    return environment === undefined ? undefined : (environment[name] ?? null);
  }

  list(): ProcessInfo[] {
    return this.readable ? this.processes.filter(({ state }) => state !== 'Z') : [];
  }

  sessionMembers(sessionId: number): ProcessInfo[] {
    return this.readable ? this.processes.filter((found) => found.sessionId === sessionId) : [];
  }

  kill(target: number, signal: NodeJS.Signals): boolean {
    if (this.missing.has(target)) return false;
    this.sent.push(`${signal} ${target}`);
    if (this.deadly.get(target) === signal) this.processes = this.processes.filter(({ pid }) => pid !== target);
    return true;
  }
}
