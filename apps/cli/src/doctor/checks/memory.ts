import { bytesText } from '../../quantity-text.ts';
import { groupLimit } from '../control-group.ts';
import type { Examined } from '../examined.ts';
import { ok, type Remark, skipped, trouble, warning } from '../finding.ts';
import { localDaemon } from '../local-daemon.ts';

/** What the daemon needs beside the output it keeps. */
const OWN_BYTES = 128 * 1024 * 1024;
const NEARLY = 0.9;

/** Whether there is memory for all output that the daemon may keep; it takes it only as far as programs write that much. */
export function memory(examined: Examined): Remark {
  const { machine } = examined;
  const daemon = localDaemon(examined);
  if (daemon === undefined) return skipped('There is no daemon on this machine to ask about.');
  const { maxPtys, bufferBytes } = daemon;
  const needed = maxPtys * bufferBytes + OWN_BYTES;
  const group = groupLimit(machine, daemon.pid, 'memory');
  const isGroup = group !== undefined && group.max < machine.memoryBytes;
  const whose = isGroup ? 'The control group of the daemon' : 'The machine';
  const allowed = isGroup ? group.max : machine.memoryBytes;
  const remedy = `Lower maxPtys or bufferBytes${isGroup ? ', or raise MemoryMax of its unit or the limit of its container' : ''}.`;
  if (isGroup && group.used > allowed * NEARLY) {
    return trouble(`${whose} has ${bytesText(group.used)} of ${bytesText(allowed)} in use.`, remedy);
  }
  const most = `${bytesText(needed)} at most, ${maxPtys} terminals with ${bytesText(bufferBytes)} of output each`;
  if (needed > allowed) return warning(`${whose} has ${bytesText(allowed)}, and the daemon may need ${most}.`, remedy);
  return ok(`${whose} has ${bytesText(allowed)}, and the daemon may need ${most}.`);
}
