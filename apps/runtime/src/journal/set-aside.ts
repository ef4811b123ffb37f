import { existsSync, readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StartupError } from '../startup-error.ts';

/** What may lie set aside; more would fill the disk with what nobody looked at. */
const MAX_SET_ASIDE = 10;

/**
 * Renames a folder or file that is no readable journal, so that it is out of the way and nothing of it is lost.
 * @returns the new name, in the same folder.
 * @throws StartupError when ten lie there already; none of them is ever removed here.
 */
export function setAside(path: string, now: Date): string {
  const folder = dirname(path);
  const prefix = `${basename(path)}.corrupt-`;
  const count = readdirSync(folder).filter((name) => name.startsWith(prefix)).length;
  if (count >= MAX_SET_ASIDE) {
    throw new StartupError(
      'JOURNAL_UNUSABLE',
      `Cannot start sessiond: the journal ${path} is unreadable, and ${count} such lie beside it already; look at them and move them away`,
    );
  }
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  let name = `${prefix}${stamp}`;
  for (let counter = 2; existsSync(join(folder, name)); counter += 1) name = `${prefix}${stamp}-${counter}`;
  renameSync(path, join(folder, name));
  return name;
}
