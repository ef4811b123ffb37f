import { readdirSync, readFileSync } from 'node:fs';
import { residentMiB } from '../measure/process-usage.ts';
import type { TimedValue } from '../soak/trend.ts';

/** What a process holds of the system. */
export interface Holdings {
  readonly descriptors: number;
  /** Its children, their children, and so on. */
  readonly processes: number;
}

/** Looks at what a process holds now. Linux only. Throws when the process is gone. */
export function holdingsOf(pid: number): Holdings {
  return { descriptors: readdirSync(`/proc/${pid}/fd`).length, processes: descendants(pid) };
}

/** Takes note of the resident memory of a process every second, in MiB. */
export function watchMemory(pid: number): { stop(): readonly TimedValue[] } {
  const values: TimedValue[] = [];
  const timer = setInterval(() => values.push({ atMs: performance.now(), value: residentMiB(pid) }), 1_000);
  return {
    stop: () => {
      clearInterval(timer);
      return values;
    },
  };
}

function descendants(pid: number): number {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean),
  );
  return children.reduce((count, child) => count + 1 + descendantsIfThere(Number(child)), 0);
}

function descendantsIfThere(pid: number): number {
  try {
    return descendants(pid);
  } catch {
    // It ended meanwhile.
    return 0;
  }
}
