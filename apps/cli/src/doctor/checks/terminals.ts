import type { Examined } from '../examined.ts';
import { ok, type Remark, skipped, trouble, warning } from '../finding.ts';
import { localDaemon } from '../local-daemon.ts';

const NEARLY = 0.9;

/** Whether the kernel gives out as many terminals as the daemon may start. */
export function terminals(examined: Examined): Remark {
  const { machine } = examined;
  const daemon = localDaemon(examined);
  if (daemon === undefined) return skipped('There is no daemon on this machine to ask about.');
  const most = Number(machine.read('/proc/sys/kernel/pty/max') ?? Number.NaN);
  const inUse = Number(machine.read('/proc/sys/kernel/pty/nr') ?? Number.NaN);
  const { maxPtys } = daemon;
  if (Number.isNaN(most)) return skipped('The kernel does not tell how many terminals there may be.');
  const remedy = `Run as root: sysctl kernel.pty.max=${Math.max(most, maxPtys) * 2}; or lower maxPtys.`;
  if (inUse > most * NEARLY) return trouble(`${inUse} of the ${most} terminals of the kernel are in use.`, remedy);
  if (most < maxPtys) return warning(`The kernel has ${most} terminals, and the daemon may start ${maxPtys}.`, remedy);
  return ok(`The kernel has ${most} terminals, and the daemon may start ${maxPtys}.`);
}
