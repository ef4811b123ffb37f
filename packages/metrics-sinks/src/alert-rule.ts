import type { Labels } from './metric.ts';

/** How bad it is; each is worse than the one before. */
export type AlertLevel = 'info' | 'warn' | 'critical';

/**
 * How the series of a rule become one number.
 *
 * - `value`: the sum of the values of counters, up-down counters or gauges. Gauges that cannot be added up need a `selector` or `by`.
 * - `rate`: what counters grew, or how many values histograms counted, per second.
 * - `ratio`: the growth of these series for each one of the growth of those that `over` names.
 * - `p50` … `p99`: that percentile of the values that histograms counted.
 */
export type AlertReduce = 'value' | 'rate' | 'ratio' | AlertPercentile;

/** A percentile of what a histogram counted. */
export type AlertPercentile = 'p50' | 'p90' | 'p95' | 'p99';

/**
 * What an alert becomes while there is no value: no such metric or series yet, nothing counted in the window, a division by nothing.
 *
 * `keep`: what it is, and no time counts. `resolve`: what it would become with a harmless value. `fire`: what it would become at the lowest level.
 */
export type NoDataPolicy = 'keep' | 'resolve' | 'fire';

/**
 * Series of one metric: those with these values of these labels, whatever their other labels. The series beyond the label budget has none of them, so
 * only without a `selector` it is one of these.
 */
export interface SeriesSelection {
  /** Dotted name, as in the descriptor. */
  readonly metric: string;
  /** Default: every series. */
  readonly selector?: Labels;
}

/** A condition on a metric about which people want to be told. */
export interface AlertRule extends SeriesSelection {
  /** What people know it by; unique in its sink. */
  readonly name: string;
  /** One sentence for them. Default: the name. */
  readonly summary?: string;
  /** Default `value`. */
  readonly reduce?: AlertReduce;
  /** What `ratio` divides by. */
  readonly over?: SeriesSelection;
  /**
   * Growth is measured over at least this time, once that has passed, and at most twice as long and a tick. Default 0: from tick to tick.
   * Memory is two copies of the numbers, however long.
   */
  readonly windowMs?: number;
  /** Labels that tell instances apart: every combination of their values is an alert of its own. Default none: one alert. */
  readonly by?: readonly string[];
  /** Instances that are watched, in the order they appear; the rest is counted in `unwatched` of the snapshot. Default 100. */
  readonly maxInstances?: number;
  /** Whether high values are bad, or low ones. Default `above`. */
  readonly direction?: 'above' | 'below';
  /** From which value on it is how bad, that value included. At least one; a worse level is never nearer to harmless values. */
  readonly levels: Readonly<Partial<Record<AlertLevel, number>>>;
  /**
   * Below which value a level is over: at most the level itself, and the farther below, the more a value may waver without an alert coming and
   * going. One number is for the lowest level. Default: a tenth below each level.
   */
  readonly clearBelow?: number | Readonly<Partial<Record<AlertLevel, number>>>;
  /** The same with direction `below`: above which value a level is over. Default: a tenth above each level. */
  readonly clearAbove?: number | Readonly<Partial<Record<AlertLevel, number>>>;
  /** How long the value must be observed beyond a level until that is reached. Default 0: at once. */
  readonly forMs?: number;
  /** How long the value must be observed clear of a level until that is over. Default 0: at once. */
  readonly keepMs?: number;
  /**
   * The longest time between two ticks that counts as observed; of a longer one, such as a machine asleep, nothing counts towards `forMs` and
   * `keepMs`. So ticks must come at least this often. Default 60,000.
   */
  readonly maxGapMs?: number;
  /** After which time an alert that still fires is told again; `null`, the default, for never. */
  readonly realertMs?: number | null;
  /** Default `keep`. */
  readonly noData?: NoDataPolicy;
}

/** One level of a rule, with what is needed to reach it and to leave it. */
export interface AlertThreshold {
  readonly level: AlertLevel;
  /** From here on it is reached. */
  readonly beyond: number;
  /** Past this, towards harmless values, it is over. */
  readonly clear: number;
}

/** A rule with every default filled in and everything checked. Thresholds ascend in severity; there is at least one. */
export interface ResolvedAlertRule extends Required<Omit<AlertRule, 'over' | 'levels' | 'clearBelow' | 'clearAbove'>> {
  /** Given exactly if `reduce` is `ratio`. */
  readonly over: Required<SeriesSelection> | null;
  readonly thresholds: readonly AlertThreshold[];
}

/** Whether `value` is at the threshold or worse. */
export function isBeyond({ beyond }: AlertThreshold, value: number, direction: 'above' | 'below'): boolean {
  return direction === 'above' ? value >= beyond : value <= beyond;
}

/** Whether `value` is harmless enough for the threshold to be over. Never true where {@link isBeyond} is. */
export function isClear({ clear }: AlertThreshold, value: number, direction: 'above' | 'below'): boolean {
  return direction === 'above' ? value < clear : value > clear;
}
