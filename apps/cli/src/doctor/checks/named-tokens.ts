import { join, resolve } from 'node:path';
import type { Examined } from '../examined.ts';
import { ok, type Remark, skipped, trouble } from '../finding.ts';

/** Whether the file of named tokens, if there is one, is such that the daemon takes it. */
export function namedTokens({ isLocal, env, machine, stateDir }: Examined): Remark {
  if (!isLocal) return skipped('The daemon is on another machine.');
  const path = resolve(env['SESSIOND_TOKEN_FILE'] || join(stateDir, 'tokens.json'));
  const facts = machine.file(path);
  if (facts === undefined) return skipped(`There is no ${path}; "sessionctl token create" makes it.`);
  if (facts.uid !== machine.uid) {
    return trouble(`${path} belongs to another user, and a daemon does not read it.`, `Run: chown "$(id -u)" ${path}`);
  }
  if ((facts.mode & 0o077) !== 0) {
    return trouble(
      `Others may read or change ${path} (mode ${facts.mode.toString(8)}), and a daemon does not read it.`,
      `Run: chmod 600 ${path}`,
    );
  }
  return ok(`The tokens in ${path} are for this user only.`);
}
