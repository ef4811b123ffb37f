import { readdirSync, readFileSync } from 'node:fs';

/** A process as /proc shows it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  /** When it was started, in ticks of the kernel since the machine was. */
  readonly startTime: number;
  /** Its command line, arguments separated by spaces; read when asked for, empty once it has ended. */
  readonly command: string;
  /** The environment it was started with, variables separated by NUL; read like `command`, empty if it belongs to a user who hides it. */
  readonly environment: string;
}

/** Lists the running processes of this machine, without zombies. Empty where there is no /proc. */
export function runningProcesses(): ProcessEntry[] {
  return read('/proc', (path) => readdirSync(path), []).flatMap((name): ProcessEntry[] => {
    if (!/^\d+$/.test(name)) return [];
    // "pid (command) state ppid …": the command may contain spaces and parentheses.
    const stat = readText(`/proc/${name}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, parentPid] = fields;
    if (state === undefined || parentPid === undefined || state === 'Z') return [];
    return [
      {
        pid: Number(name),
        parentPid: Number(parentPid),
        startTime: Number(fields[19]),
        get command() {
          return readText(`/proc/${name}/cmdline`).split('\0').join(' ').trim();
        },
        get environment() {
          return readText(`/proc/${name}/environ`);
        },
      },
    ];
  });
}

/**
 * Picks the processes that `pid` brought into the world: its descendants, and whatever was started with `mark`
 * (`NAME=value`) in its environment, which finds those whose parents have died. Looks at the environment of those only
 * that are not older than `pid`: there are hundreds of others, and every test file asks.
 */
export function startedBy(pid: number, mark: string, processes: readonly ProcessEntry[]): ProcessEntry[] {
  const since = processes.find((entry) => entry.pid === pid)?.startTime ?? 0;
  const younger = processes.filter((entry) => entry.pid !== pid && entry.startTime >= since);
  const family = new Set([pid]);
  for (const entry of younger) if (`\0${entry.environment}\0`.includes(`\0${mark}\0`)) family.add(entry.pid);
  let size = 0;
  while (size !== family.size) {
    size = family.size;
    for (const entry of younger) if (family.has(entry.parentPid)) family.add(entry.pid);
  }
  return younger.filter((entry) => family.has(entry.pid));
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
