import { AggregationTemporality, DataPointType, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { type Numbers, seriesKey } from './contract.ts';

/** A reader of the SDK that reads when it is told to. */
export class ReaderOnDemand extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  }

  protected override async onForceFlush(): Promise<void> {}

  protected override async onShutdown(): Promise<void> {}
}

/** What the SDK would export. */
export function readOpenTelemetry(collected: ResourceMetrics): Numbers {
  const numbers: Numbers = {};
  for (const metric of collected.scopeMetrics.flatMap(({ metrics }) => metrics)) {
    for (const point of metric.dataPoints) {
      const key = seriesKey(metric.descriptor.name, point.attributes as Record<string, string>);
      if (metric.dataPointType === DataPointType.HISTOGRAM) {
        const { buckets, sum } = point.value as { buckets: { counts: number[] }; sum: number };
        numbers[key] = { counts: buckets.counts, sum };
      } else {
        numbers[key] = point.value as number;
      }
    }
  }
  return numbers;
}
