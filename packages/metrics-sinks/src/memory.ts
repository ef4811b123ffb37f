import { MetricCatalog } from './catalog.ts';
import { Collectors } from './collectors.ts';
import { LabelBudget, type LabelBudgetOptions, resolveMaxLabelSets } from './label-budget.ts';
import type {
  CounterDescriptor,
  GaugeDescriptor,
  HistogramDescriptor,
  Labels,
  MetricDescriptor,
  UpDownCounterDescriptor,
} from './metric.ts';
import {
  type HistogramReading,
  type MetricReading,
  type MetricSnapshot,
  snapshotOf,
  type ValueReading,
} from './reading.ts';
import { CounterSeries, GaugeSeries, HistogramSeries, type InvalidAmounts, UpDownCounterSeries } from './series.ts';
import type { Collector, Counter, Gauge, Histogram, MetricFamily, MetricSink, UpDownCounter } from './sink.ts';

/** How a `MemorySink` keeps its numbers. */
export interface MemorySinkOptions extends LabelBudgetOptions {}

/** What a sink could not do as it was told, since it was made. */
export interface SinkTroubles {
  /** Amounts that were left out. */
  readonly invalid: number;
  /** How often the series beyond the label budget was asked for. */
  readonly overflowed: number;
  /** Runs of a collector that ended in a throw or a rejection. */
  readonly collectorFailures: number;
}

/**
 * Numbers in memory: what the other sinks read, what alerts look at, and what tests ask.
 *
 * A handle is an object with its number in a field. Recording through it is a comparison and an update of that field; it allocates nothing. The
 * handle can also be read: `sent.value` is the sum so far, and `NaN` for a gauge that was never set.
 * Memory is bounded by the metrics of the program and `maxLabelSets` of each, and never shrinks.
 */
export class MemorySink implements MetricSink {
  readonly #maxLabelSets: number;
  readonly #catalog = new MetricCatalog<MemoryMetric>();
  readonly #collectors = new Collectors();

  /** @throws InvalidSinkOptionError if `maxLabelSets` is not an integer of at least 0. */
  constructor(options: MemorySinkOptions = {}) {
    this.#maxLabelSets = resolveMaxLabelSets(options);
  }

  counter<L extends string = never>(descriptor: CounterDescriptor<L>): MetricFamily<L, Counter & ValueReading> {
    return this.#metric(descriptor) as MetricFamily<L, Counter & ValueReading>;
  }

  upDownCounter<L extends string = never>(
    descriptor: UpDownCounterDescriptor<L>,
  ): MetricFamily<L, UpDownCounter & ValueReading> {
    return this.#metric(descriptor) as MetricFamily<L, UpDownCounter & ValueReading>;
  }

  gauge<L extends string = never>(descriptor: GaugeDescriptor<L>): MetricFamily<L, Gauge & ValueReading> {
    return this.#metric(descriptor) as MetricFamily<L, Gauge & ValueReading>;
  }

  histogram<L extends string = never>(
    descriptor: HistogramDescriptor<L>,
  ): MetricFamily<L, Histogram & HistogramReading> {
    return this.#metric(descriptor) as MetricFamily<L, Histogram & HistogramReading>;
  }

  onCollect(collector: Collector): () => void {
    return this.#collectors.add(collector);
  }

  /** Runs the collectors, so that what is read next is of now. `snapshot` does it by itself, `read` and `readings` do not. */
  collect(): void {
    this.#collectors.run();
  }

  /** The metric of that name as it is now, without a copy; `undefined` if nobody made it. Costs a look-up, and for gauges a list of those set. */
  read(name: string): MetricReading | undefined {
    return this.#catalog.get(name)?.read();
  }

  /** Every metric as it is now, without copies, in the order they were made. */
  *readings(): Generator<MetricReading> {
    for (const metric of this.#catalog.metrics()) yield metric.read();
  }

  /** Runs the collectors and copies every number. */
  snapshot(): MetricSnapshot[] {
    this.collect();
    return Array.from(this.readings(), snapshotOf);
  }

  /** What went wrong since this sink was made. */
  troubles(): SinkTroubles {
    let invalid = 0;
    let overflowed = 0;
    for (const metric of this.readings()) {
      invalid += metric.invalid;
      overflowed += metric.overflowed;
    }
    return { invalid, overflowed, collectorFailures: this.#collectors.failures };
  }

  /** What the catalog has under a name is of the kind that was asked for, or it has thrown. */
  #metric(descriptor: MetricDescriptor): MemoryMetric {
    return this.#catalog.define(descriptor, (copy) => new MemoryMetric(copy, this.#maxLabelSets));
  }
}

type AnySeries = CounterSeries | UpDownCounterSeries | GaugeSeries | HistogramSeries;

/** One metric and its series. */
class MemoryMetric {
  readonly #descriptor: MetricDescriptor;
  readonly #amounts: InvalidAmounts = { invalid: 0 };
  readonly #budget: LabelBudget<AnySeries>;

  constructor(descriptor: MetricDescriptor, maxLabelSets: number) {
    this.#descriptor = descriptor;
    this.#budget = new LabelBudget(descriptor, maxLabelSets, seriesOf(descriptor, this.#amounts));
  }

  handle(labels: Labels): AnySeries {
    return this.#budget.get(labels);
  }

  read(): MetricReading {
    const descriptor = this.#descriptor;
    const { invalid } = this.#amounts;
    const { series, overflowed } = this.#budget;
    // The budget made them with the maker of this very kind.
    if (descriptor.kind === 'histogram') {
      return { kind: 'histogram', descriptor, series: series as readonly HistogramSeries[], invalid, overflowed };
    }
    const values = series as readonly (CounterSeries | UpDownCounterSeries | GaugeSeries)[];
    const known = descriptor.kind === 'gauge' ? values.filter(({ value }) => !Number.isNaN(value)) : values;
    return { kind: descriptor.kind, descriptor, series: known, invalid, overflowed };
  }
}

function seriesOf(descriptor: MetricDescriptor, amounts: InvalidAmounts): (labels: Labels) => AnySeries {
  switch (descriptor.kind) {
    case 'counter':
      return (labels) => new CounterSeries(labels, amounts);
    case 'upDownCounter':
      return (labels) => new UpDownCounterSeries(labels, amounts);
    case 'gauge':
      return (labels) => new GaugeSeries(labels, amounts);
    case 'histogram': {
      const bounds = Float64Array.from(descriptor.buckets);
      return (labels) => new HistogramSeries(labels, amounts, bounds);
    }
  }
}
