import { dirname } from 'node:path';
import type { Approach, Examined } from '../examined.ts';
import { ok, type Remark, skipped, trouble, warning } from '../finding.ts';

/** Whether the socket is there, leads to a daemon, and is closed to everybody else. */
export function socket(examined: Examined): Remark {
  const tried = examined.approaches.filter(({ transport }) => transport === 'socket');
  const found = tried.filter(({ address }) => examined.machine.file(address) !== undefined);
  const open = found.find(({ outcome }) => outcome.kind === 'open');
  const [first] = open === undefined ? found : [open];
  if (first !== undefined) return inspect(first, examined);
  if (tried.length === 0) return skipped('The daemon was named by its URL.');
  for (const { address } of tried) {
    const pid = examined.machine.read(`${address}.pid`)?.trim();
    if (pid === undefined || !/^\d+$/.test(pid) || !examined.machine.read(`/proc/${pid}/cmdline`)?.includes('sessiond'))
      continue;
    return trouble(
      `The socket ${address} of process ${pid}, which runs, is gone.`,
      `Whatever deleted it has to leave it alone. Start the daemon again: kill ${pid}, then "sessiond".`,
    );
  }
  const places = tried.map(({ address }) => address).join(' or ');
  return trouble(
    `There is no socket at ${places}.`,
    'Start a daemon with "sessiond", or say with --socket or SESSIOND_SOCKET where it is.',
  );
}

function inspect({ address, listener }: Approach, { machine }: Examined): Remark {
  const facts = machine.file(address)!;
  if (facts.kind !== 'socket') {
    return trouble(`${address} is not a socket.`, 'Move it away and start the daemon, or name another path.');
  }
  if (facts.uid !== machine.uid) {
    return trouble(
      `${address} belongs to another user, whose daemon it leads to.`,
      'Name your own with --socket, or start one with "sessiond --socket".',
    );
  }
  if (listener.kind === 'nobody') {
    return trouble(
      `${address} is left over from a daemon that is gone${formerPid(machine.read(`${address}.pid`))}.`,
      'Start a daemon with "sessiond": it takes the socket over. The end of the last one is in its log.',
    );
  }
  const folder = dirname(address);
  const around = machine.file(folder);
  if (around !== undefined && (around.uid !== machine.uid || (around.mode & 0o022) !== 0)) {
    return trouble(
      `Others may put another socket in the place of ${address}.`,
      `Run: chmod 700 ${folder}; or name a socket in a folder of your own.`,
    );
  }
  if ((facts.mode & 0o077) !== 0) {
    return trouble(`Others may open ${address} (mode ${facts.mode.toString(8)}).`, `Run: chmod 600 ${address}`);
  }
  const recorded = Number(machine.read(`${address}.pid`) ?? Number.NaN);
  if (listener.kind === 'daemon' && Number.isInteger(recorded) && recorded !== listener.pid) {
    return warning(
      `Process ${listener.pid} answers at ${address}, and ${address}.pid names ${recorded}, which ${machine.isAlive(recorded) ? 'runs as well' : 'is gone'}.`,
      'Stop the one that should not run, and start the other again.',
    );
  }
  return ok(
    `${address} leads to ${listener.kind === 'daemon' ? `process ${listener.pid}` : 'somebody'} and is closed to others.`,
  );
}

function formerPid(text: string | undefined): string {
  return text !== undefined && /^\d+\s*$/.test(text) ? ` (process ${text.trim()})` : '';
}
