import type { Outcome } from './outcome.ts';

/**
 * The right to one call, to be given back exactly once: by `settle` when the call ended, by `cancel` if it never began.
 *
 * A permit that is never given back counts as in flight for ever; as a probe it is replaced after `probeTimeoutMs`.
 */
export interface Permit {
  readonly ok: true;
  /**
   * Tells how the call ended. `false`: it changed nothing, because the permit was given back before, or the breaker has
   * changed its state since the call began.
   */
  settle(outcome: Outcome): boolean;
  /** Gives the permit back as if it had never been asked for, a probe's slot included. `false`: it was given back before. */
  cancel(): boolean;
}
