import type { MetricSnapshot } from '@sessiond/metrics-sinks';
import type { MetricSample } from '@sessiond/protocol';

/** The numbers as `get_metrics` answers with them: one sample per series, a histogram as its sum and count. */
export function metricSamples(metrics: readonly MetricSnapshot[]): MetricSample[] {
  return metrics.flatMap((metric): MetricSample[] => {
    const { name, unit } = metric;
    if (metric.kind === 'histogram') {
      return metric.series.map(({ labels, sum, count }) => ({
        name,
        kind: 'histogram',
        unit,
        labels,
        value: sum,
        count,
      }));
    }
    // The wire has no word for a sum that also falls; to a reader it is a value of now.
    const kind = metric.kind === 'counter' ? 'counter' : 'gauge';
    return metric.series.map(({ labels, value }) => ({ name, kind, unit, labels, value }));
  });
}
