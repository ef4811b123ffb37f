import type { HealthCheck, MetricSample } from '@sessiond/protocol';
import type { ExposedMetrics } from './exposition.ts';
import type { Telemetry } from './telemetry.ts';

/** What measures one daemon: takes its numbers in, gives them out, and looks at them. */
export interface Instruments {
  /** Where numbers are told. */
  readonly telemetry: Telemetry;
  /** Every number as it is now, for `get_metrics`. */
  samples(): readonly MetricSample[];
  /** Every number as it is now, for Prometheus. */
  expose(): Promise<ExposedMetrics>;
  /** Whether an alert fires. */
  health(): HealthCheck;
  /** Stops every clock; what was to be posted and was not is dropped. Idempotent, never rejects. */
  close(): Promise<void>;
}
