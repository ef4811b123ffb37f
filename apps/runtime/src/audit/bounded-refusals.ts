import { type Clock, RateLimiter } from '@sessiond/resilience';
import type { AuditEntry, AuditLog } from './audit-log.ts';

/** Refusals that are written down of one principal, and of all strangers together, within a minute. */
const REFUSALS_PER_MINUTE = 100;

const MINUTE_MS = 60_000;

/** Principals that are counted one by one; further ones share one budget. */
const MAX_PRINCIPALS = 1_000;

/**
 * An audit log in which nobody can bury what they did under what they were refused: of refusals, which cost whoever provokes them nothing, it writes down
 * 100 a minute for each principal and for all strangers together. The next one that is written says how many were left out.
 */
export class BoundedRefusals implements AuditLog {
  readonly #log: AuditLog;
  readonly #limiter: RateLimiter;
  #omitted = 0;

  constructor(log: AuditLog, now?: Clock) {
    this.#log = log;
    this.#limiter = new RateLimiter({
      name: 'audit',
      limit: REFUSALS_PER_MINUTE,
      windowMs: MINUTE_MS,
      maxKeys: MAX_PRINCIPALS,
      ...(now !== undefined && { now }),
    });
  }

  record(entry: AuditEntry): void {
    if (entry.event !== 'refused') {
      this.#log.record(entry);
    } else if (this.#limiter.take(entry.principalId ?? '').ok) {
      this.#log.record(this.#omitted === 0 ? entry : { ...entry, omitted: this.#omitted });
      this.#omitted = 0;
    } else {
      this.#omitted += 1;
    }
  }

  close(): void {
    this.#log.close();
  }
}
