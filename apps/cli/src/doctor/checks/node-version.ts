import type { Examined } from '../examined.ts';
import { ok, type Remark, trouble } from '../finding.ts';

const OLDEST: readonly [major: number, minor: number] = [20, 19];

/** Whether the Node that runs here is one that this program is made for. */
export function nodeVersion({ machine }: Examined): Remark {
  const [major = 0, minor = 0] = machine.nodeVersion.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) {
    return ok(`Node ${machine.nodeVersion} is recent enough.`);
  }
  return trouble(`Node ${machine.nodeVersion} is too old.`, `Install Node ${OLDEST.join('.')} or newer.`);
}
