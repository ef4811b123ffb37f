import { printable } from '../../output.ts';
import type { Examined } from '../examined.ts';
import { ok, type Remark, skipped, trouble } from '../finding.ts';

/** What the daemon itself says is not well with it. */
export function health({ daemon }: Examined): Remark | Remark[] {
  if (daemon === undefined) return skipped('There is no daemon to ask.');
  if (daemon.health === undefined) return skipped('This token may not ask how the daemon is.');
  const { status, checks } = daemon.health;
  if (status === 'draining') return trouble('The daemon is ending and takes no new work.', 'Wait, and start it again.');
  const unwell = checks.filter((check) => check.status !== 'ok');
  if (unwell.length === 0) return ok('The daemon says that all its parts are well.');
  return unwell.map(({ name, status: state, message }) =>
    trouble(
      printable(`The daemon says that ${name} is ${state}${message === undefined ? '.' : `: ${message}`}`),
      'The section on health and alerts in the manual (docs/operations.md) says what to do; its log says more.',
    ),
  );
}
