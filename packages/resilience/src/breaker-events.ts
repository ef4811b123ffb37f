import type { EvictionReason } from './bounded-map.ts';
import type { Hook } from './observe.ts';
import type { Outcome } from './outcome.ts';
import type { Refusal } from './refusal.ts';

/** Whether calls pass (`closed`), none does (`open`), or a few do to see whether it is over (`halfOpen`). */
export type BreakerState = 'closed' | 'open' | 'halfOpen';

/**
 * Why a breaker changed its state.
 *
 * | reason | from → to | |
 * |---|---|---|
 * | `failures` | closed → open | so many failures within the window |
 * | `failure-rate` | closed → open | such a share of the calls within the window failed |
 * | `consecutive-failures` | closed → open | so many failures without a success between them |
 * | `slow-rate` | closed → open | such a share of the calls within the window was slow |
 * | `keys-open` | any → open | so many keys of a hybrid breaker are open |
 * | `open-elapsed` | open → half open | `openMs` has passed |
 * | `probes-passed` | half open → closed | every probe was good |
 * | `probe-failed` | half open → open | a probe failed |
 * | `probe-slow` | half open → open | a probe was good, but slow |
 * | `probe-timeout` | half open → half open | probes did not come back; others may start |
 * | `tripped`, `reset` | any → open, any → closed | by hand |
 */
export type TransitionReason =
  | 'failures'
  | 'failure-rate'
  | 'consecutive-failures'
  | 'slow-rate'
  | 'keys-open'
  | 'open-elapsed'
  | 'probes-passed'
  | 'probe-failed'
  | 'probe-slow'
  | 'probe-timeout'
  | 'tripped'
  | 'reset';

/** A breaker changed its state, or at least its epoch. */
export interface BreakerTransition {
  readonly name: string;
  /** The key whose breaker it is; `null` for a breaker of its own, and for the overflow breaker. */
  readonly key: string | null;
  readonly from: BreakerState;
  readonly to: BreakerState;
  /** The epoch that begins. Outcomes of calls that earlier epochs admitted no longer count. */
  readonly epoch: number;
  readonly reason: TransitionReason;
  /** How long it will be open; `null` unless `to` is `open`. */
  readonly openMs: number | null;
}

/** A call that was admitted has ended. */
export interface BreakerOutcome {
  readonly name: string;
  readonly key: string | null;
  readonly outcome: Outcome;
  /** From permit to settle. */
  readonly durationMs: number;
  /** Whether it took at least `slowMs`. */
  readonly slow: boolean;
  /** `false`: the state has changed since the call began, so its outcome changed nothing. */
  readonly counted: boolean;
}

/** A call was refused. */
export interface BreakerRefused {
  readonly key: string | null;
  readonly refusal: Refusal;
}

/** A key was forgotten because nobody used it, or because its place was needed. */
export interface BreakerEvicted {
  readonly name: string;
  readonly key: string;
  readonly reason: EvictionReason;
  /** The state it was in, which no transition tells the end of: `closed`, unless nobody asked for it for very long. */
  readonly state: BreakerState;
}

/** What a breaker tells its owner. */
export interface BreakerHooks {
  readonly onTransition?: Hook<BreakerTransition>;
  readonly onOutcome?: Hook<BreakerOutcome>;
  readonly onRefused?: Hook<BreakerRefused>;
}

/** What a breaker with keys tells its owner. */
export interface KeyedBreakerHooks extends BreakerHooks {
  readonly onEvicted?: Hook<BreakerEvicted>;
}
