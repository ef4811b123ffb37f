import { dirname, join } from 'node:path';
import type { Machine } from './machine.ts';

/** What a control group lets its processes have together, and what they have. */
export interface GroupLimit {
  readonly max: number;
  readonly used: number;
}

/** Where each controller has its numbers: under version 2, and under version 1, where it has a tree of its own. */
const FILES = {
  pids: { max: ['pids.max', 'pids.max'], used: ['pids.current', 'pids.current'] },
  memory: { max: ['memory.max', 'memory.limit_in_bytes'], used: ['memory.current', 'memory.usage_in_bytes'] },
} as const;

const ROOT = '/sys/fs/cgroup';
/** Version 1 writes the largest number of pages for no limit. */
const NO_LIMIT = 2 ** 62;

/**
 * The narrowest limit that stands over a process: that of its control group or of one above it; `undefined` where there is none, or this
 * machine does not tell. Inside a container the group of the container is the root.
 */
export function groupLimit(machine: Machine, pid: number, controller: 'pids' | 'memory'): GroupLimit | undefined {
  const groups = machine.read(`/proc/${pid}/cgroup`);
  if (groups === undefined) return undefined;
  let narrowest: GroupLimit | undefined;
  for (const line of groups.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const isOwnTree = controllers.split(',').includes(controller);
    if (controllers !== '' && !isOwnTree) continue;
    const tree = isOwnTree ? join(ROOT, controller) : ROOT;
    for (const group of withParents(path)) {
      const limit = readLimit(machine, join(tree, group), controller, isOwnTree ? 1 : 0);
      if (limit !== undefined && limit.max < (narrowest?.max ?? Number.POSITIVE_INFINITY)) narrowest = limit;
    }
  }
  return narrowest;
}

function readLimit(
  machine: Machine,
  folder: string,
  controller: keyof typeof FILES,
  version: 0 | 1,
): GroupLimit | undefined {
  const files = FILES[controller];
  const max = Number(machine.read(join(folder, files.max[version])) ?? Number.NaN);
  const used = Number(machine.read(join(folder, files.used[version])) ?? 0);
  return Number.isFinite(max) && max < NO_LIMIT ? { max, used } : undefined;
}

function withParents(path: string): string[] {
  return path === '/' ? ['/'] : [path, ...withParents(dirname(path))];
}
