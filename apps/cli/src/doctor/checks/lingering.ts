import { join } from 'node:path';
import type { Examined } from '../examined.ts';
import { ok, type Remark, skipped, warning } from '../finding.ts';
import { localDaemon } from '../local-daemon.ts';

const LINGER_FOLDER = '/var/lib/systemd/linger';

/** Whether systemd lets the services of this user run on after they have logged out, if the daemon is one of them. */
export function lingering(examined: Examined): Remark {
  const { machine } = examined;
  if (machine.file('/run/systemd/system') === undefined) return skipped('This machine does not run systemd.');
  const daemon = localDaemon(examined);
  if (daemon === undefined) return skipped('There is no daemon on this machine to ask about.');
  const group = machine.read(`/proc/${daemon.pid}/cgroup`) ?? '';
  if (!group.includes(`/user@${machine.uid}.service/`))
    return ok('The daemon is no service of this user that ends with the last login.');
  if (machine.file(join(LINGER_FOLDER, machine.userName)) !== undefined) {
    return ok('The daemon is a service of this user, and runs on after the last logout.');
  }
  return warning(
    'The daemon is a service of this user, and systemd ends it, with all sessions, when they log out.',
    'Run: loginctl enable-linger',
  );
}
