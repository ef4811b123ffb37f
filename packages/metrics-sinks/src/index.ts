export {
  InvalidLabelsError,
  InvalidMetricError,
  InvalidSinkOptionError,
  isMetricError,
  MetricConflictError,
  type MetricError,
  type MetricErrorCode,
} from './errors.ts';
export { type FanOutSink, type FanOutSnapshot, fanOut } from './fan-out.ts';
export type { LabelBudgetOptions } from './label-budget.ts';
export { MemorySink, type MemorySinkOptions, type SinkTroubles } from './memory.ts';
export type {
  CounterDescriptor,
  GaugeDescriptor,
  HistogramDescriptor,
  Labels,
  MetricDescriptor,
  MetricKind,
  UpDownCounterDescriptor,
} from './metric.ts';
export { prometheusLabelName, prometheusName } from './names.ts';
export { NoopSink } from './noop.ts';
export type {
  HistogramMetricReading,
  HistogramMetricSnapshot,
  HistogramReading,
  HistogramSeriesSnapshot,
  MetricReading,
  MetricSnapshot,
  ValueMetricReading,
  ValueMetricSnapshot,
  ValueReading,
} from './reading.ts';
export type { Collector, Counter, Gauge, Histogram, MetricFamily, MetricSink, UpDownCounter } from './sink.ts';
export { validateMetric } from './validate-metric.ts';
