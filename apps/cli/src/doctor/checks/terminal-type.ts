import { join } from 'node:path';
import { printable } from '../../output.ts';
import type { Examined } from '../examined.ts';
import { ok, type Remark, skipped, warning } from '../finding.ts';

const FOLDERS: readonly string[] = [
  '/etc/terminfo',
  '/lib/terminfo',
  '/usr/share/terminfo',
  '/usr/local/share/terminfo',
];

/** Whether programs know the terminal that they are told they run on. */
export function terminalType({ env, homeDir, isInteractive, machine }: Examined): Remark {
  if (!isInteractive) return skipped('There is no terminal here.');
  const term = env['TERM'];
  const remedy = 'Set TERM to what your terminal is, for example xterm-256color.';
  if (!term || term === 'dumb' || term === 'unknown') {
    return warning(`TERM is ${term ? printable(term) : 'not set'}, so that full-screen programs cannot draw.`, remedy);
  }
  const own = [env['TERMINFO'], join(homeDir, '.terminfo'), ...(env['TERMINFO_DIRS']?.split(':') ?? [])];
  const folders = [...own.filter((folder) => folder !== undefined && folder !== ''), ...FOLDERS] as string[];
  if (!/^[\w.+-]+$/.test(term)) return warning(`TERM is ${printable(term)}, which is no name of a terminal.`, remedy);
  // Debian and others sort entries by their first letter, macOS by its number.
  const names = [join(term[0]!, term), join(term.charCodeAt(0).toString(16), term)];
  if (folders.some((folder) => names.some((name) => machine.file(join(folder, name)) !== undefined))) {
    return ok(`TERM is ${term}, and this machine knows it.`);
  }
  if (folders.every((folder) => machine.file(folder) === undefined))
    return skipped('This machine has no list of terminals.');
  return warning(
    `TERM is ${term}, which this machine does not know.`,
    `Install its entry (ncurses-term, or the package of the terminal), or set TERM to one that is known.`,
  );
}
