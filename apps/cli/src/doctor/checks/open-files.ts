import type { Examined } from '../examined.ts';
import { ok, type Remark, skipped, trouble, warning } from '../finding.ts';
import { localDaemon } from '../local-daemon.ts';
import { processLimit } from '../process-limits.ts';

/** Standard streams, listeners, the journal, the event loop. */
const OWN_FILES = 64;
/** A terminal is two descriptors while its program starts. */
const FILES_PER_TERMINAL = 2;
const NEARLY = 0.9;

/** Whether the daemon may have as many descriptors as its limits promise connections and terminals. */
export function openFiles(examined: Examined): Remark {
  const { machine } = examined;
  const daemon = localDaemon(examined);
  if (daemon === undefined) return skipped('There is no daemon on this machine to ask about.');
  const allowed = processLimit(machine, daemon.pid, 'Max open files');
  if (allowed === undefined) return skipped('The limits of the daemon cannot be read.');
  const { maxConnections, maxPtys } = daemon;
  const needed = maxConnections + FILES_PER_TERMINAL * maxPtys + OWN_FILES;
  const inUse = machine.entries(`/proc/${daemon.pid}/fd`);
  const remedy = `Start it with a higher limit: ulimit -n ${needed}, or LimitNOFILE=${needed} in its unit; or lower maxConnections and maxPtys.`;
  if (inUse !== undefined && inUse > allowed * NEARLY) {
    return trouble(`The daemon has ${inUse} of ${allowed} descriptors in use.`, remedy);
  }
  if (needed > allowed) {
    return warning(
      `The daemon may have ${allowed} descriptors, and ${needed} are needed for ${maxConnections} connections and ${maxPtys} terminals.`,
      remedy,
    );
  }
  return ok(`The daemon may have ${allowed} descriptors and needs ${needed} at most.`);
}
