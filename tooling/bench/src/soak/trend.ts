import { median } from '../rounds.ts';

/** A value at a time. */
export interface TimedValue {
  readonly atMs: number;
  readonly value: number;
}

/**
 * How much a value rises per minute: the median of the slopes between all pairs (Theil and Sen). Up to 29 % of the values may be
 * anything; a garbage collection here and there changes nothing. Quadratic in their number. Throws a RangeError for fewer than two.
 */
export function risePerMinute(values: readonly TimedValue[]): number {
  const slopes = values.flatMap(({ atMs, value }, index) =>
    values.slice(index + 1).map((later) => (later.value - value) / (later.atMs - atMs)),
  );
  return median(slopes) * 60_000;
}
