import { printable } from '../../output.ts';
import { durationText } from '../../quantity-text.ts';
import type { Examined } from '../examined.ts';
import { ok, type Remark, skipped, trouble, warning } from '../finding.ts';

const SLOW_MS = 2_000;

/** Whether a program can be started and its output read: what it is all about, from one end to the other. */
export function session({ daemon }: Examined): Remark {
  if (daemon === undefined) return skipped('There is no daemon to start one.');
  const { trial } = daemon;
  switch (trial.kind) {
    case 'untried':
      return skipped(`No session was started: ${trial.reason}.`);
    case 'failed':
      return trouble(
        printable(`Cannot ${trial.step}: ${trial.message}.`),
        'The log of the daemon says more; a daemon without a loadable node-pty has to be installed again.',
      );
    case 'worked': {
      const message = `A session was started, its output read and removed again in ${durationText(trial.tookMs)}.`;
      return trial.tookMs < SLOW_MS
        ? ok(message)
        : warning(message, 'See with sessionctl top and top what keeps the machine busy.');
    }
  }
}
