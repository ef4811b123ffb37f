import type { Machine } from './machine.ts';

/**
 * The soft limit of a process by the name that `/proc/<pid>/limits` has for it, for example `Max open files`; `Infinity` for unlimited,
 * `undefined` where the kernel does not tell.
 */
export function processLimit(machine: Machine, pid: number, name: string): number | undefined {
  const row = machine
    .read(`/proc/${pid}/limits`)
    ?.split('\n')
    .find((line) => line.startsWith(name));
  const soft = row?.slice(name.length).trim().split(/\s+/)[0];
  if (soft === 'unlimited') return Number.POSITIVE_INFINITY;
  return soft !== undefined && /^\d+$/.test(soft) ? Number(soft) : undefined;
}
