import type { ExitInfo } from '@sessiond/protocol/client';

/** What to say of an end whose status nobody knows; `undefined` where it is known. The exit code alone, 1, could be the program's own. */
export function lostStatusText(exit: ExitInfo | undefined): string | undefined {
  if (exit?.reason === 'lost') return 'the program ended with the daemon that ran it; its status is lost';
  const isKnown = exit !== undefined && (exit.exitCode !== null || exit.signal !== null);
  return isKnown ? undefined : 'the program has ended; its status is lost';
}
