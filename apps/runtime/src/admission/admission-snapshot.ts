import type {
  AdmissionStatus,
  BreakerStatus as BreakerStatusOnWire,
  BulkheadStatus as BulkheadStatusOnWire,
  LimiterStatus as LimiterStatusOnWire,
} from '@sessiond/protocol';
import type { BreakerName, BulkheadName, LimiterName } from './admission-observer.ts';

/** One limiter as it is now; `keys` and `generation` of one that is off are 0. */
export interface LimiterStatus extends LimiterStatusOnWire {
  readonly name: LimiterName;
}

/** One bulkhead as it is now; of those that every principal or session has, the sums of their use and the limit of one. */
export interface BulkheadStatus extends BulkheadStatusOnWire {
  readonly name: BulkheadName;
}

/** One breaker as it is now. */
export interface BreakerStatus extends BreakerStatusOnWire {
  readonly name: BreakerName;
}

/**
 * What stands before commands as it is now; plain JSON, and what `get_metrics` answers with. Limiters and bulkheads that are off are
 * listed with the limit `null`, breakers that are off are left out.
 */
export interface AdmissionSnapshot extends AdmissionStatus {
  readonly limiters: readonly LimiterStatus[];
  readonly bulkheads: readonly BulkheadStatus[];
  readonly breakers: readonly BreakerStatus[];
}
