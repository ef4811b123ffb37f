import type { Examined } from '../examined.ts';
import { ok, type Remark, skipped, warning } from '../finding.ts';

/** Whether programs here expect UTF-8, which is what sessions are full of. */
export function locale({ env, isInteractive }: Examined): Remark {
  if (!isInteractive) return skipped('There is no terminal here.');
  // The order in which the C library asks them.
  const name = ['LC_ALL', 'LC_CTYPE', 'LANG'].find((each) => env[each]);
  const value = name === undefined ? undefined : env[name];
  if (value !== undefined && /utf-?8/i.test(value)) return ok(`${name} asks for UTF-8.`);
  return warning(
    value === undefined
      ? 'No locale is set, so that letters beyond ASCII may come out wrong.'
      : `${name} is not UTF-8, so that letters beyond ASCII may come out wrong.`,
    'Set LANG, for example to C.UTF-8, here and for the daemon.',
  );
}
