export { ALERT_NOTICES, type AlertEvent, type AlertHandler } from './alert-event.ts';
export { callbackAlertHandler } from './alert-handlers/callback.ts';
export { type AlertLogger, logAlertHandler } from './alert-handlers/log.ts';
export { WebhookAlertHandler, type WebhookAlertSnapshot } from './alert-handlers/webhook.ts';
export type { DeliveryGate, WebhookAlertHandlerOptions } from './alert-handlers/webhook-options.ts';
export type {
  AlertLevel,
  AlertPercentile,
  AlertReduce,
  AlertRule,
  AlertThreshold,
  NoDataPolicy,
  ResolvedAlertRule,
  SeriesSelection,
} from './alert-rule.ts';
export {
  type AlertEventKind,
  type AlertPhase,
  type AlertState,
  type AlertStep,
  type AlertTransition,
  initialAlertState,
  step,
} from './alert-state.ts';
export { ConsoleSink, type ConsoleSinkOptions, type ConsoleSinkSnapshot } from './console.ts';
export {
  InvalidAlertRuleError,
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
export { resolveAlertRule } from './resolve-alert-rule.ts';
export type { AlertSnapshot, RuleSnapshot } from './rule-watch.ts';
export type { Collector, Counter, Gauge, Histogram, MetricFamily, MetricSink, UpDownCounter } from './sink.ts';
export { ThresholdAlertSink, type ThresholdAlertSinkOptions, type ThresholdAlertSnapshot } from './threshold-alert.ts';
export { validateMetric } from './validate-metric.ts';
