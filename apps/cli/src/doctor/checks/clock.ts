import { durationText } from '../../quantity-text.ts';
import type { Examined } from '../examined.ts';
import { ok, type Remark, trouble, warning } from '../finding.ts';

/** Nothing of this program is older. */
const EARLIEST_MS: number = Date.UTC(2025, 0, 1);
const LATEST_MS: number = Date.UTC(2100, 0, 1);
const MAX_DIFFERENCE_MS = 30_000;

/** Whether the clock can be right, and agrees with that of the daemon: times of events and tokens are told by it. */
export function clock({ machine, daemon }: Examined): Remark {
  const remedy = 'Set the clock, and let the system keep it (timedatectl set-ntp true).';
  const nowMs = machine.now();
  if (nowMs < EARLIEST_MS || nowMs > LATEST_MS) {
    return trouble(`The clock says ${new Date(nowMs).toISOString()}, which cannot be.`, remedy);
  }
  if (daemon?.clockAheadMs === undefined) return ok('The clock can be right.');
  const { clockAheadMs } = daemon;
  const apartMs = Math.abs(clockAheadMs);
  if (apartMs <= MAX_DIFFERENCE_MS) return ok('The clock can be right, and agrees with that of the daemon.');
  const where = clockAheadMs > 0 ? 'ahead of' : 'behind';
  return warning(`The clock of the daemon is ${durationText(apartMs)} ${where} the one here.`, remedy);
}
