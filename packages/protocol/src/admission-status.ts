import * as z from 'zod';
import { list, object, offset, oneOf, orNull } from './fields.ts';

/** A budget that commands draw on, as it is now. */
export interface LimiterStatus {
  /** For example `data`, `control`, `principal` or `total`. */
  readonly name: string;
  /** What each key may take within any minute; `null` is off. */
  readonly limitPerMinute: number | null;
  /** Keys, such as principals, whose use still counts. */
  readonly keys: number;
  /** Number of the current slot of time; it only grows. */
  readonly generation: number;
}

/** A bound for what happens at a time, as it is now; where each key has one, the sums of their use. */
export interface BulkheadStatus {
  /** For example `commands`, `principal` or `lane`. */
  readonly name: string;
  /** Places there are; `null` is off. */
  readonly limit: number | null;
  readonly usage: number;
  readonly waiting: number;
}

/** A breaker as it is now. */
export interface BreakerStatus {
  /** For example `spawn`. */
  readonly name: string;
  /** Of the breaker that stands before everybody: calls pass, none does, or a few do to see whether it is over. */
  readonly state: 'closed' | 'open' | 'halfOpen';
  /** Keys, such as principals, that have a breaker of their own. */
  readonly keys: number;
  /** How many of these are open. */
  readonly openKeys: number;
  /** Until the breaker before everybody lets a call through; `null` unless it is open. */
  readonly retryAfterMs: number | null;
}

/** What stands before commands, as it is now. */
export interface AdmissionStatus {
  readonly limiters: readonly LimiterStatus[];
  readonly bulkheads: readonly BulkheadStatus[];
  readonly breakers: readonly BreakerStatus[];
}

/** Schema of {@link AdmissionStatus}. */
export const admissionStatus: z.ZodType<AdmissionStatus> = object<AdmissionStatus>({
  limiters: list(
    object<LimiterStatus>({ name: z.string(), limitPerMinute: orNull(offset), keys: offset, generation: offset }),
    1000,
  ),
  bulkheads: list(
    object<BulkheadStatus>({ name: z.string(), limit: orNull(offset), usage: offset, waiting: offset }),
    1000,
  ),
  breakers: list(
    object<BreakerStatus>({
      name: z.string(),
      state: oneOf(['closed', 'open', 'halfOpen']),
      keys: offset,
      openKeys: offset,
      retryAfterMs: orNull(z.number()),
    }),
    1000,
  ),
});
