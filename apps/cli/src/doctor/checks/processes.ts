import { groupLimit } from '../control-group.ts';
import type { Examined } from '../examined.ts';
import { ok, type Remark, skipped, trouble, warning } from '../finding.ts';
import { localDaemon } from '../local-daemon.ts';
import { processLimit } from '../process-limits.ts';

/** Threads of the daemon itself. */
const OWN_THREADS = 16;
const NEARLY = 0.9;

/** Whether there may be as many processes as the daemon may start programs; most programs start more than themselves. */
export function processes(examined: Examined): Remark {
  const { machine } = examined;
  const daemon = localDaemon(examined);
  if (daemon === undefined) return skipped('There is no daemon on this machine to ask about.');
  const { maxPtys } = daemon;
  const needed = maxPtys + OWN_THREADS;
  const group = groupLimit(machine, daemon.pid, 'pids');
  const remedy = `Raise TasksMax of its unit, or the pids limit of its container, above ${needed}; or lower maxPtys.`;
  if (group !== undefined && group.used > group.max * NEARLY) {
    return trouble(
      `${group.used} of the ${group.max} processes that the control group of the daemon may have run.`,
      remedy,
    );
  }
  const perUser = processLimit(machine, daemon.pid, 'Max processes');
  if (group === undefined && perUser === undefined) return skipped('The limits of the daemon cannot be read.');
  const allowed = Math.min(group?.max ?? Number.POSITIVE_INFINITY, perUser ?? Number.POSITIVE_INFINITY);
  if (allowed === Number.POSITIVE_INFINITY) return ok('The daemon may have any number of processes.');
  if (allowed < needed) {
    return warning(
      `The daemon may have ${allowed} processes, and start ${maxPtys} programs.`,
      `${remedy} ulimit -u counts, too.`,
    );
  }
  return ok(`The daemon may have ${allowed} processes, and start ${maxPtys} programs.`);
}
