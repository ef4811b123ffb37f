import type { BreakerName, BreakerState, BulkheadName, LimiterName } from './admission-observer.ts';

/** One limiter as it is now. */
export interface LimiterStatus {
  readonly name: LimiterName;
  /** Per minute and key; `null` is off. */
  readonly limitPerMinute: number | null;
  /** Keys with budget in use. */
  readonly keys: number;
  /** How many reservations there have been. */
  readonly generation: number;
}

/** One bulkhead as it is now; for one per key the sum of what is in use, and the limit of one. */
export interface BulkheadStatus {
  readonly name: BulkheadName;
  /** Places; `null` is off. */
  readonly limit: number | null;
  readonly usage: number;
  readonly waiting: number;
}

/** One breaker as it is now. */
export interface BreakerStatus {
  readonly name: BreakerName;
  /** Of the breaker in front of everybody. */
  readonly state: BreakerState;
  /** Keys with a breaker of their own. */
  readonly keys: number;
  /** Of these, those that are open. */
  readonly openKeys: number;
  /** Until the one of everybody lets a call through; `null` while it is not open. */
  readonly retryAfterMs: number | null;
}

/** What stands before commands as it is now; plain JSON. What is switched off is listed with `null`, breakers are left out. */
export interface AdmissionSnapshot {
  readonly limiters: readonly LimiterStatus[];
  readonly bulkheads: readonly BulkheadStatus[];
  readonly breakers: readonly BreakerStatus[];
}
