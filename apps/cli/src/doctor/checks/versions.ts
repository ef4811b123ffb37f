import { printable } from '../../output.ts';
import type { Examined } from '../examined.ts';
import { ok, type Remark, skipped, warning } from '../finding.ts';

/** Whether daemon and client are of one release; that they understand each other was settled when they met. */
export function versions({ daemon, clientVersion, protocolVersion }: Examined): Remark {
  if (daemon === undefined) return skipped('There is no daemon to compare with.');
  const theirs = `sessiond ${printable(daemon.serverVersion)} with protocol ${printable(daemon.protocolVersion)}`;
  const ours = `sessionctl ${clientVersion} with protocol ${protocolVersion}`;
  if (daemon.protocolVersion === protocolVersion) return ok(`${theirs} and ${ours} fit.`);
  return warning(
    `${theirs} and ${ours} understand each other, but not everything that one of them can do.`,
    'Install both from one release, and start the daemon again.',
  );
}
