import { isAbsolute } from 'node:path';
import type { Examined } from '../examined.ts';
import { ok, type Remark, skipped, warning } from '../finding.ts';

/** Whether `XDG_RUNTIME_DIR`, by which daemon and clients find each other, names a folder of this user. */
export function runtimeFolder({ env, machine }: Examined): Remark {
  const path = env['XDG_RUNTIME_DIR'];
  if (!path) return skipped('XDG_RUNTIME_DIR is not set; the socket is looked for in the state folder.');
  const remedy =
    'Unset it, or log in afresh so that the system sets it; a daemon started with another value is not found.';
  if (!isAbsolute(path)) return warning('XDG_RUNTIME_DIR is not an absolute path and counts as not set.', remedy);
  const facts = machine.file(path);
  if (facts?.kind !== 'folder') return warning(`XDG_RUNTIME_DIR names ${path}, and there is no such folder.`, remedy);
  if (facts.uid !== machine.uid) {
    return warning(
      `XDG_RUNTIME_DIR names ${path}, which belongs to another user, as it does after su or sudo.`,
      remedy,
    );
  }
  return ok(`XDG_RUNTIME_DIR names ${path}, a folder of this user.`);
}
