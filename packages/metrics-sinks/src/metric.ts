/** What a metric is: a sum that only grows, a sum that also falls, a value of now, or how values are spread. */
export type MetricKind = 'counter' | 'upDownCounter' | 'gauge' | 'histogram';

/** A value for every label name of a metric; no more, no fewer. */
export type Labels<L extends string = string> = Readonly<Record<L, string>>;

interface DescriptorBase<L extends string> {
  /** Dotted, lower case, for example `sessiond.pty.io`; without unit and without `_total`, which exporters add where their format wants them. */
  readonly name: string;
  /** UCUM: `By`, `s`, `1`, or an annotation for things that are counted, such as `{session}`. */
  readonly unit: string;
  /** One sentence for people. */
  readonly help: string;
  /** Names of the labels; none by default. A label must never identify a person or a session. */
  readonly labelNames?: readonly L[];
}

/** A sum that only grows: bytes, calls, failures. */
export interface CounterDescriptor<L extends string = never> extends DescriptorBase<L> {
  readonly kind: 'counter';
}

/** A sum that grows and falls: what is in flight, what is connected. */
export interface UpDownCounterDescriptor<L extends string = never> extends DescriptorBase<L> {
  readonly kind: 'upDownCounter';
}

/** The value of something now, which cannot be added up over time: use, limits, ages. */
export interface GaugeDescriptor<L extends string = never> extends DescriptorBase<L> {
  readonly kind: 'gauge';
}

/** How values are spread: durations, sizes. */
export interface HistogramDescriptor<L extends string = never> extends DescriptorBase<L> {
  readonly kind: 'histogram';
  /** Upper bounds, finite, not negative and ascending, in the unit of the metric; one more bucket takes what is above the last. */
  readonly buckets: readonly number[];
}

/** What is known of a metric before anything was measured. */
export type MetricDescriptor<L extends string = string> =
  | CounterDescriptor<L>
  | UpDownCounterDescriptor<L>
  | GaugeDescriptor<L>
  | HistogramDescriptor<L>;
