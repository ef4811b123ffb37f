import { MetricCatalog } from './catalog.ts';
import { labelKey } from './label-budget.ts';
import type {
  CounterDescriptor,
  GaugeDescriptor,
  HistogramDescriptor,
  Labels,
  MetricDescriptor,
  UpDownCounterDescriptor,
} from './metric.ts';
import type { Counter, Gauge, Histogram, MetricFamily, MetricSink, UpDownCounter } from './sink.ts';

type AnyHandle = Counter & UpDownCounter & Gauge & Histogram;

const NOTHING: AnyHandle = Object.freeze({ add: () => {}, raiseTo: () => {}, set: () => {}, record: () => {} });

/**
 * Numbers that nobody wants.
 *
 * Still refuses what every sink refuses, descriptors, conflicts and labels, so that a mistake shows on the machine where metrics are off. Keeps no
 * series: there is no label budget, and collectors are never called.
 */
export class NoopSink implements MetricSink {
  readonly #catalog = new MetricCatalog<MetricFamily<string, AnyHandle>>();

  counter<L extends string = never>(descriptor: CounterDescriptor<L>): MetricFamily<L, Counter> {
    return this.#family(descriptor);
  }

  upDownCounter<L extends string = never>(descriptor: UpDownCounterDescriptor<L>): MetricFamily<L, UpDownCounter> {
    return this.#family(descriptor);
  }

  gauge<L extends string = never>(descriptor: GaugeDescriptor<L>): MetricFamily<L, Gauge> {
    return this.#family(descriptor);
  }

  histogram<L extends string = never>(descriptor: HistogramDescriptor<L>): MetricFamily<L, Histogram> {
    return this.#family(descriptor);
  }

  onCollect(): () => void {
    return () => {};
  }

  #family(descriptor: MetricDescriptor): MetricFamily<string, AnyHandle> {
    return this.#catalog.define(descriptor, ({ name, labelNames = [] }) => ({
      handle(labels: Labels): AnyHandle {
        labelKey(name, labelNames, labels);
        return NOTHING;
      },
    }));
  }
}
