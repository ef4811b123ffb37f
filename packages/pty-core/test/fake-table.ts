import type { ProcessInfo, ProcessTable } from '../src/processes.ts';

/** The pid of the leader, and so the number of its group and session. */
export const LEADER = 100;

/** A process table in memory that notes the signals sent. */
export class FakeTable implements ProcessTable {
  readable: boolean = true;
  processes: ProcessInfo[] = [];
  /** Targets that nobody answers to. */
  missing: Set<number> = new Set();
  sent: string[] = [];

  add(pid: number, { group = LEADER, session = LEADER, startTime = pid }: Record<string, number> = {}): this {
    this.processes.push({ pid, groupId: group, sessionId: session, startTime, state: 'S' });
    return this;
  }

  read(pid: number): ProcessInfo | undefined {
    return this.readable ? this.processes.find((found) => found.pid === pid) : undefined;
  }

  sessionMembers(sessionId: number): ProcessInfo[] {
    return this.readable ? this.processes.filter((found) => found.sessionId === sessionId) : [];
  }

  kill(target: number, signal: NodeJS.Signals): boolean {
    if (this.missing.has(target)) return false;
    this.sent.push(`${signal} ${target}`);
    return true;
  }
}
