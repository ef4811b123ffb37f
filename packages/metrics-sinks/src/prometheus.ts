import { type Metric, Registry } from 'prom-client';
import { MetricConflictError } from './errors.ts';
import type { LabelBudgetOptions } from './label-budget.ts';
import { MemorySink } from './memory.ts';
import type { CounterDescriptor, GaugeDescriptor, HistogramDescriptor, UpDownCounterDescriptor } from './metric.ts';
import { PrometheusMetric } from './prometheus-metric.ts';
import type { MetricReading } from './reading.ts';
import type { Collector, Counter, Gauge, Histogram, MetricFamily, MetricSink, UpDownCounter } from './sink.ts';

type AnyRegistry = Registry | Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>;

/** What a `PrometheusSink` reads from and writes to. */
export interface PrometheusSinkOptions extends LabelBudgetOptions {
  /** Memory to expose, with all that others record there; by default one of its own, for which `maxLabelSets` counts. */
  readonly memory?: MemorySink;
  /**
   * Where the metrics are registered; by default a registry of its own. One set to `Registry.OPENMETRICS_CONTENT_TYPE` is exposed in that
   * format. It may hold other metrics too, and reading it oneself gives the same numbers.
   */
  readonly registry?: AnyRegistry;
}

/** The state of a `PrometheusSink` as plain JSON. */
export interface PrometheusSinkSnapshot {
  /** How many metrics are registered. */
  readonly metrics: number;
  /** Metrics of the memory that cannot be exposed because the registry has others by their names. */
  readonly conflicts: readonly string[];
}

/**
 * Numbers for Prometheus, through a registry of prom-client.
 *
 * Recording is that of `MemorySink`; prom-client does not learn of it. When the numbers are asked for, the collectors run once and every value is
 * copied as it is at that moment. Names follow `prometheusName`.
 */
export class PrometheusSink implements MetricSink {
  /** What is exposed: the memory it was given, or its own. Its `troubles()` say what went wrong while recording. */
  readonly memory: MemorySink;
  readonly #registry: AnyRegistry;
  readonly #registered = new Set<string>();
  #conflicts: string[] = [];
  #collected = false;

  /** @throws InvalidSinkOptionError if `maxLabelSets` is not an integer of at least 0. */
  constructor(options: PrometheusSinkOptions = {}) {
    this.memory = options.memory ?? new MemorySink(options);
    this.#registry = options.registry ?? new Registry();
  }

  counter<L extends string = never>(descriptor: CounterDescriptor<L>): MetricFamily<L, Counter> {
    return this.#registering(descriptor.name, this.memory.counter(descriptor));
  }

  upDownCounter<L extends string = never>(descriptor: UpDownCounterDescriptor<L>): MetricFamily<L, UpDownCounter> {
    return this.#registering(descriptor.name, this.memory.upDownCounter(descriptor));
  }

  gauge<L extends string = never>(descriptor: GaugeDescriptor<L>): MetricFamily<L, Gauge> {
    return this.#registering(descriptor.name, this.memory.gauge(descriptor));
  }

  histogram<L extends string = never>(descriptor: HistogramDescriptor<L>): MetricFamily<L, Histogram> {
    return this.#registering(descriptor.name, this.memory.histogram(descriptor));
  }

  onCollect(collector: Collector): () => void {
    return this.memory.onCollect(collector);
  }

  /** Value for the `Content-Type` header of what `expose` gives. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /**
   * The numbers of now, as text in the format of `contentType`: the body of the answer to a scrape. Rejects only if a metric that others have put into
   * the same registry does.
   */
  async expose(): Promise<string> {
    this.#collect();
    const text = await this.#registry.metrics();
    // Where there is no metric, the registry begins with an empty line, which OpenMetrics does not allow.
    return text.trimStart();
  }

  snapshot(): PrometheusSinkSnapshot {
    return { metrics: this.#registered.size, conflicts: [...this.#conflicts] };
  }

  #registering<F>(name: string, family: F): F {
    this.#register(this.memory.read(name)!);
    return family;
  }

  /** @throws MetricConflictError if the registry has another metric by that name. */
  #register(reading: MetricReading): void {
    const { name } = reading.descriptor;
    if (this.#registered.has(name)) return;
    const metric = new PrometheusMetric(reading.descriptor, this.#registry, () => {
      this.#collect();
      return this.memory.read(name)!;
    });
    if (this.#registry.getSingleMetric(metric.name) !== undefined) {
      throw new MetricConflictError(
        name,
        'name',
        `${metric.name} in Prometheus`,
        'the registry has another metric by that name',
      );
    }
    // The registry needs no more of a metric than this class has; the type names prom-client's own classes.
    this.#registry.registerMetric(metric as unknown as Metric);
    this.#registered.add(name);
  }

  /** Once for all metrics of one reading: a registry asks all of them in one turn. */
  #collect(): void {
    if (this.#collected) return;
    this.#collected = true;
    Promise.resolve().then(() => {
      this.#collected = false;
    });
    this.memory.collect();
    this.#conflicts = [];
    for (const reading of this.memory.readings()) {
      try {
        this.#register(reading);
      } catch {
        this.#conflicts.push(reading.descriptor.name);
      }
    }
  }
}
