import type { HistogramDescriptor, Labels, MetricDescriptor } from './metric.ts';

/** One number as it is now. */
export interface ValueReading {
  readonly labels: Labels;
  readonly value: number;
}

/** One histogram as it is now. */
export interface HistogramReading {
  readonly labels: Labels;
  /** Values per bucket, not cumulative: one count for every bound of the descriptor and one for what was above the last. */
  readonly counts: ArrayLike<number>;
  /** Values in all buckets. */
  readonly count: number;
  readonly sum: number;
}

interface ReadingBase {
  /** Amounts that were left out because the metric cannot take them: not finite, or negative where that means nothing. */
  readonly invalid: number;
  /** How often the series beyond the label budget was asked for. */
  readonly overflowed: number;
}

/** A metric that is a number for each label set. */
export interface ValueMetricReading extends ReadingBase {
  readonly kind: 'counter' | 'upDownCounter' | 'gauge';
  readonly descriptor: Exclude<MetricDescriptor, HistogramDescriptor<string>>;
  readonly series: readonly ValueReading[];
}

/** A metric that is a histogram for each label set. */
export interface HistogramMetricReading extends ReadingBase {
  readonly kind: 'histogram';
  readonly descriptor: HistogramDescriptor<string>;
  readonly series: readonly HistogramReading[];
}

/**
 * One metric, live: reading a field gives what it is at that moment, and nothing was copied. Not to be changed.
 *
 * A counter, an up-down counter and a histogram have a series as soon as somebody asked for its handle, a gauge once it was set.
 */
export type MetricReading = ValueMetricReading | HistogramMetricReading;

/** The numbers of one metric at one moment, as plain JSON. */
export type MetricSnapshot = ValueMetricSnapshot | HistogramMetricSnapshot;

interface SnapshotBase {
  readonly name: string;
  readonly unit: string;
  readonly help: string;
  readonly invalid: number;
  readonly overflowed: number;
}

/** A counter, an up-down counter or a gauge at one moment, as plain JSON. */
export interface ValueMetricSnapshot extends SnapshotBase {
  readonly kind: 'counter' | 'upDownCounter' | 'gauge';
  readonly series: readonly ValueReading[];
}

/** A histogram at one moment, as plain JSON. */
export interface HistogramMetricSnapshot extends SnapshotBase {
  readonly kind: 'histogram';
  /** Upper bounds; `counts` of a series has one more. */
  readonly buckets: readonly number[];
  readonly series: readonly HistogramSeriesSnapshot[];
}

/** One series of a histogram at one moment. */
export interface HistogramSeriesSnapshot extends HistogramReading {
  readonly counts: readonly number[];
}

/** Copies what a metric is now. */
export function snapshotOf(reading: MetricReading): MetricSnapshot {
  const { invalid, overflowed } = reading;
  const { name, unit, help } = reading.descriptor;
  if (reading.kind === 'histogram') {
    const series = reading.series.map(({ labels, counts, count, sum }) => ({
      labels,
      counts: Array.from(counts),
      count,
      sum,
    }));
    return { name, kind: reading.kind, unit, help, buckets: reading.descriptor.buckets, series, invalid, overflowed };
  }
  const series = reading.series.map(({ labels, value }) => ({ labels, value }));
  return { name, kind: reading.kind, unit, help, series, invalid, overflowed };
}
