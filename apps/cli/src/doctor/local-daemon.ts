import type { Examined } from './examined.ts';

/** A daemon whose process can be looked at from here. */
export interface LocalDaemon {
  readonly pid: number;
  readonly maxConnections: number;
  readonly maxPtys: number;
  readonly bufferBytes: number;
}

/**
 * The daemon as a process of this machine, with the limits that it is configured for; `undefined` where it is none, or does not tell.
 *
 * An address of this machine can be a forwarded port, and the pid that answers there that of a process elsewhere: only one that looks like a
 * daemon here is taken for it.
 */
export function localDaemon({ isLocal, machine, daemon }: Examined): LocalDaemon | undefined {
  if (!isLocal || daemon?.pid === undefined || daemon.limits === undefined) return undefined;
  if (!machine.read(`/proc/${daemon.pid}/cmdline`)?.includes('sessiond')) return undefined;
  const { maxConnections, maxPtys, bufferBytes } = daemon.limits;
  if (maxConnections == null || maxPtys == null || bufferBytes == null) return undefined;
  return { pid: daemon.pid, maxConnections, maxPtys, bufferBytes };
}
