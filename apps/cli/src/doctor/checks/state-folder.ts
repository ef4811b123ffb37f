import { bytesText } from '../../quantity-text.ts';
import type { Examined } from '../examined.ts';
import { ok, type Remark, skipped, trouble, warning } from '../finding.ts';

const FULL_BYTES = 16 * 1024 * 1024;
const NEARLY_FULL_BYTES = 256 * 1024 * 1024;
const FULL_FILES = 100;

/** Whether the daemon can keep its token and its records: the folder is private, writable, and has room. */
export function stateFolder({ isLocal, machine, stateDir: path }: Examined): Remark {
  if (!isLocal) return skipped('The daemon is on another machine.');
  const facts = machine.file(path);
  if (facts === undefined) return ok(`${path} is not there yet; the first start of a daemon makes it.`);
  const elsewhere = 'name another one with --state-dir or SESSIOND_STATE_DIR';
  if (facts.kind !== 'folder') return trouble(`${path} is not a folder.`, `Move it away, or ${elsewhere}.`);
  if (facts.uid !== machine.uid) {
    return trouble(`${path} belongs to another user.`, `Run: chown -R "$(id -u)" ${path}; or ${elsewhere}.`);
  }
  if ((facts.mode & 0o022) !== 0) {
    return trouble(`Others may write into ${path}, and a daemon refuses to use it.`, `Run: chmod 700 ${path}`);
  }
  if (!machine.mayWrite(path)) {
    return trouble(`${path} cannot be written to.`, 'See whether its file system is mounted read-only.');
  }
  const room = machine.room(path);
  const makeRoom = 'Delete something on its file system: without room nothing survives a restart of the daemon.';
  if (room?.freeFiles !== undefined && room.freeFiles < FULL_FILES) {
    return trouble(`The file system of ${path} takes only ${room.freeFiles} more files.`, makeRoom);
  }
  if (room !== undefined && room.freeBytes < NEARLY_FULL_BYTES) {
    const message = `The file system of ${path} has ${bytesText(room.freeBytes)} left.`;
    return room.freeBytes < FULL_BYTES ? trouble(message, makeRoom) : warning(message, makeRoom);
  }
  if ((facts.mode & 0o077) !== 0) {
    return warning(`Others may look into ${path} (mode ${facts.mode.toString(8)}).`, `Run: chmod 700 ${path}`);
  }
  return ok(
    `${path} is private, writable, and has ${room === undefined ? 'room' : `${bytesText(room.freeBytes)} left`}.`,
  );
}
