import type { BatchObservableCallback, Histogram as Instrument, Meter, Observable } from '@opentelemetry/api';
import type { LabelBudgetOptions } from './label-budget.ts';
import { MemorySink } from './memory.ts';
import type {
  CounterDescriptor,
  GaugeDescriptor,
  HistogramDescriptor,
  MetricDescriptor,
  UpDownCounterDescriptor,
} from './metric.ts';
import type { HistogramReading } from './reading.ts';
import type { Collector, Counter, Gauge, Histogram, MetricFamily, MetricSink, UpDownCounter } from './sink.ts';

/** What an `OpenTelemetrySink` reads from and writes to. */
export interface OpenTelemetrySinkOptions extends LabelBudgetOptions {
  /** Where the instruments are made: `metrics.getMeter('sessiond')`, of the SDK that the program has set up before. One set up later is not found. */
  readonly meter: Meter;
  /** Memory to record into; by default one of its own, for which `maxLabelSets` counts. */
  readonly memory?: MemorySink;
}

/** The state of an `OpenTelemetrySink` as plain JSON. */
export interface OpenTelemetrySinkSnapshot {
  /** Metrics that are read by the batch callback. */
  readonly observed: number;
  /** Histograms, which are recorded directly. */
  readonly histograms: number;
  readonly closed: boolean;
}

/**
 * Numbers for OpenTelemetry, through its API alone.
 *
 * Counters and gauges are fields of a `MemorySink`; observable instruments read all of them in one batch callback, which runs the collectors first.
 * The API has no instrument that could be told whole histograms, so these go to the SDK value by value, at what that costs there (hundreds of
 * nanoseconds), and into the memory as well. Their buckets are passed as advice, because those an SDK assumes are made for milliseconds; a view of
 * the SDK still overrules it.
 *
 * Only metrics asked for through this sink are exported, with their names, units and labels as they are.
 */
export class OpenTelemetrySink implements MetricSink {
  /** What is recorded into: the memory it was given, or its own. Its `troubles()` say what went wrong while recording. */
  readonly memory: MemorySink;
  readonly #meter: Meter;
  /** Instruments of the batch callback by the name of their metric. */
  readonly #observables = new Map<string, Observable>();
  readonly #histograms = new Map<string, HistogramFamily>();
  readonly #observe: BatchObservableCallback = (result) => {
    this.memory.collect();
    for (const [name, observable] of this.#observables) {
      const metric = this.memory.read(name);
      if (metric === undefined || metric.kind === 'histogram') continue;
      for (const { labels, value } of metric.series) result.observe(observable, value, labels);
    }
  };
  #callbackObservables: Observable[] = [];
  #closed = false;

  /** @throws InvalidSinkOptionError if `maxLabelSets` is not an integer of at least 0. */
  constructor(options: OpenTelemetrySinkOptions) {
    this.#meter = options.meter;
    this.memory = options.memory ?? new MemorySink(options);
  }

  counter<L extends string = never>(descriptor: CounterDescriptor<L>): MetricFamily<L, Counter> {
    const family = this.memory.counter(descriptor);
    this.#observed(descriptor, (meter) => meter.createObservableCounter(descriptor.name, optionsOf(descriptor)));
    return family;
  }

  upDownCounter<L extends string = never>(descriptor: UpDownCounterDescriptor<L>): MetricFamily<L, UpDownCounter> {
    const family = this.memory.upDownCounter(descriptor);
    this.#observed(descriptor, (meter) => meter.createObservableUpDownCounter(descriptor.name, optionsOf(descriptor)));
    return family;
  }

  gauge<L extends string = never>(descriptor: GaugeDescriptor<L>): MetricFamily<L, Gauge> {
    const family = this.memory.gauge(descriptor);
    this.#observed(descriptor, (meter) => meter.createObservableGauge(descriptor.name, optionsOf(descriptor)));
    return family;
  }

  histogram<L extends string = never>(descriptor: HistogramDescriptor<L>): MetricFamily<L, Histogram> {
    const family = this.memory.histogram(descriptor);
    let histogram = this.#histograms.get(descriptor.name);
    if (histogram === undefined) {
      if (this.#closed) return family;
      const advice = { explicitBucketBoundaries: [...descriptor.buckets] };
      const instrument = this.#meter.createHistogram(descriptor.name, { ...optionsOf(descriptor), advice });
      histogram = new HistogramFamily(family, instrument, () => this.#closed);
      this.#histograms.set(descriptor.name, histogram);
    }
    return histogram;
  }

  onCollect(collector: Collector): () => void {
    return this.memory.onCollect(collector);
  }

  /** Lets go of the meter: nothing is observed or passed on any more. Handles stay valid and record into the memory. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#meter.removeBatchObservableCallback(this.#observe, this.#callbackObservables);
    this.#callbackObservables = [];
  }

  snapshot(): OpenTelemetrySinkSnapshot {
    return { observed: this.#observables.size, histograms: this.#histograms.size, closed: this.#closed };
  }

  #observed(descriptor: MetricDescriptor, instrumentOf: (meter: Meter) => Observable): void {
    if (this.#closed || this.#observables.has(descriptor.name)) return;
    this.#observables.set(descriptor.name, instrumentOf(this.#meter));
    // A batch callback may observe only what it was registered with.
    this.#meter.removeBatchObservableCallback(this.#observe, this.#callbackObservables);
    this.#callbackObservables = [...this.#observables.values()];
    this.#meter.addBatchObservableCallback(this.#observe, this.#callbackObservables);
  }
}

/** One histogram, in memory and as an instrument. */
class HistogramFamily implements MetricFamily<string, Histogram> {
  readonly #memory: MetricFamily<string, Histogram & HistogramReading>;
  readonly #instrument: Instrument;
  readonly #isClosed: () => boolean;
  /** As many as the memory has series. */
  readonly #handles = new Map<Histogram, Histogram>();

  constructor(
    memory: MetricFamily<string, Histogram & HistogramReading>,
    instrument: Instrument,
    isClosed: () => boolean,
  ) {
    this.#memory = memory;
    this.#instrument = instrument;
    this.#isClosed = isClosed;
  }

  handle(labels: Record<string, string>): Histogram {
    const series = this.#memory.handle(labels);
    let handle = this.#handles.get(series);
    if (handle === undefined) {
      handle = {
        record: (value) => {
          series.record(value);
          if (value >= 0 && Number.isFinite(value) && !this.#isClosed()) this.#instrument.record(value, series.labels);
        },
      };
      this.#handles.set(series, handle);
    }
    return handle;
  }
}

function optionsOf({ unit, help }: MetricDescriptor): { unit: string; description: string } {
  return { unit, description: help };
}
