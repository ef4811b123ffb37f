/**
 * The budgets that are asked before a command runs: `data` per principal and session, `control` per principal, `principal`
 * what one principal may take of the total, `total` all commands together, `answers` the answers to questions of one agent.
 */
export type LimiterName = 'data' | 'control' | 'principal' | 'total' | 'answers';

/** What bounds how much happens at a time: commands in flight overall and of one principal, and one data lane. */
export type BulkheadName = 'commands' | 'principal' | 'lane';

/** The breakers; the keys of the table of breakers. */
export type BreakerName = 'spawn' | 'bash' | 'provider';

/** Where a breaker stands. */
export type BreakerState = 'closed' | 'open' | 'halfOpen';

/**
 * Told what admission decides, in plain values: no principal, no session. Called when the state it tells of is in place.
 * Must not throw and must be quick: it is called several times for every command.
 */
export interface AdmissionObserver {
  /** A limiter that is switched off decides nothing. */
  limiterDecided(limiter: LimiterName, decision: 'granted' | 'refused'): void;
  /** Budget was given back: `refunded`, or `late` where the window it was taken from is over. */
  limiterRefunded(limiter: LimiterName, result: 'refunded' | 'late'): void;
  /** A call that a breaker stands in front of was refused by it, or let through and ended so. */
  breakerCalled(breaker: BreakerName, outcome: 'success' | 'failure' | 'ignored' | 'refused'): void;
  /** The breaker of everybody changed its state, or that of one key did. */
  breakerTransitioned(breaker: BreakerName, scope: 'global' | 'key', from: BreakerState, to: BreakerState): void;
  /** A command got its place after `waitMs`; 0 if it was free. */
  bulkheadWaited(bulkhead: BulkheadName, waitMs: number): void;
  bulkheadRefused(bulkhead: BulkheadName): void;
}

/** Observes nothing. */
export const unobservedAdmission: AdmissionObserver = Object.freeze({
  limiterDecided() {},
  limiterRefunded() {},
  breakerCalled() {},
  breakerTransitioned() {},
  bulkheadWaited() {},
  bulkheadRefused() {},
});
