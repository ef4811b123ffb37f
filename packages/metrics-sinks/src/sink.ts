import type {
  CounterDescriptor,
  GaugeDescriptor,
  HistogramDescriptor,
  Labels,
  UpDownCounterDescriptor,
} from './metric.ts';

/** Records into one series of a counter. */
export interface Counter {
  /** Adds `amount`, by default 1. A negative or non-finite amount is left out and counted by the sink. */
  add(amount?: number): void;
  /**
   * Sets the sum to `total` if that is more than it is: for totals that something else keeps and that are read now and then. A total that
   * went back changes nothing.
   */
  raiseTo(total: number): void;
}

/** Records into one series of an up-down counter. */
export interface UpDownCounter {
  /** Adds `amount`, which may be negative. A non-finite amount is left out and counted by the sink. */
  add(amount: number): void;
}

/** Records into one series of a gauge. */
export interface Gauge {
  /** Replaces the value. A non-finite value is left out and counted by the sink. */
  set(value: number): void;
}

/** Records into one series of a histogram. */
export interface Histogram {
  /** Counts `value`, in the unit of the metric. A negative or non-finite value is left out and counted by the sink. */
  record(value: number): void;
}

/** One metric, whose series are told apart by their labels. */
export interface MetricFamily<L extends string, H> {
  /**
   * The series with these labels, made at first use; the same labels give the same series. Look it up once and keep it: recording through the
   * handle is a field update, looking it up is not. Beyond the label budget of the sink it is the series `overflow="true"`.
   */
  handle(labels: Labels<L>): H;
}

/** Reads what nobody reports, such as the use of memory, into its handles; called before every reading of the numbers, which waits for nothing. */
export type Collector = () => void;

/**
 * Where numbers go.
 *
 * Asking twice for a metric of one name gives the same metric; with another kind, unit, label names or buckets it throws a
 * `MetricConflictError`. Recording never throws.
 */
export interface MetricSink {
  counter<L extends string = never>(descriptor: CounterDescriptor<L>): MetricFamily<L, Counter>;
  upDownCounter<L extends string = never>(descriptor: UpDownCounterDescriptor<L>): MetricFamily<L, UpDownCounter>;
  gauge<L extends string = never>(descriptor: GaugeDescriptor<L>): MetricFamily<L, Gauge>;
  histogram<L extends string = never>(descriptor: HistogramDescriptor<L>): MetricFamily<L, Histogram>;
  /**
   * Calls `collector` before the numbers are read, by a scrape, a snapshot, an export or the tick of an alert; sinks that pass every number on at
   * once never call it. One that throws or rejects is counted and disturbs nobody. @returns how to stop.
   */
  onCollect(collector: Collector): () => void;
}
