import { readdirSync, readFileSync } from 'node:fs';

/** A process as /proc shows it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  /** Its command line, arguments separated by spaces. */
  readonly command: string;
  /** The environment it was started with, variables separated by NUL. */
  readonly environment: string;
}

/**
 * Lists the running processes of this machine, without zombies. Empty where there is no /proc.
 * Processes of other users that hide their environment are listed with an empty one.
 */
export function runningProcesses(): ProcessEntry[] {
  return read('/proc', (path) => readdirSync(path), []).flatMap((name): ProcessEntry[] => {
    if (!/^\d+$/.test(name)) return [];
    // "pid (command) state ppid …": the command may contain spaces and parentheses.
    const stat = readText(`/proc/${name}/stat`);
    const [state, parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === undefined || parentPid === undefined || state === 'Z') return [];
    const command = readText(`/proc/${name}/cmdline`).split('\0').join(' ').trim();
    return [
      { pid: Number(name), parentPid: Number(parentPid), command, environment: readText(`/proc/${name}/environ`) },
    ];
  });
}

/**
 * Picks the processes that `pid` brought into the world: its descendants, and whatever was started with `mark`
 * (`NAME=value`) in its environment, which finds those whose parents have died.
 */
export function startedBy(pid: number, mark: string, processes: readonly ProcessEntry[]): ProcessEntry[] {
  const family = new Set([pid]);
  const isMarked = ({ environment }: ProcessEntry): boolean => environment.split('\0').includes(mark);
  let size = 0;
  while (size !== family.size) {
    size = family.size;
    for (const entry of processes) if (family.has(entry.parentPid) || isMarked(entry)) family.add(entry.pid);
  }
  return processes.filter((entry) => entry.pid !== pid && family.has(entry.pid));
}

function readText(path: string): string {
  return read(path, (file) => readFileSync(file, 'utf8'), '');
}

/** Processes end while they are being read, and some may not be read at all. */
function read<T>(path: string, reader: (path: string) => T, otherwise: T): T {
  try {
    return reader(path);
  } catch {
    return otherwise;
  }
}
