import { OWN_TOKEN_PATTERN, ownTokenPath } from '@sessiond/token-file/own-token';
import type { Examined } from '../examined.ts';
import { ok, type Remark, skipped, trouble } from '../finding.ts';

/** Whether the token is there for this user and for nobody else. */
export function tokenFile({ isLocal, machine, stateDir }: Examined): Remark {
  if (!isLocal) return skipped('The daemon is on another machine.');
  const path = ownTokenPath(stateDir);
  const facts = machine.file(path);
  if (facts === undefined) {
    return skipped(`There is no ${path}; a daemon that listens on TCP makes it at its first start.`);
  }
  const renew = `Stop the daemon, delete ${path} and start it again: it makes a new token.`;
  if (facts.kind !== 'file') return trouble(`${path} is not a file.`, renew);
  if (facts.uid !== machine.uid) return trouble(`${path} belongs to another user.`, renew);
  if ((facts.mode & 0o077) !== 0) {
    return trouble(
      `Others may read or change the token in ${path} (mode ${facts.mode.toString(8)}).`,
      `${renew} It has to be taken for known to them.`,
    );
  }
  if (!OWN_TOKEN_PATTERN.test(machine.read(path)?.trim() ?? '')) return trouble(`${path} holds no token.`, renew);
  return ok(`The token in ${path} is for this user only.`);
}
