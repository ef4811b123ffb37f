import { MetricCatalog } from './catalog.ts';
import { isMetricError } from './errors.ts';
import { labelKey } from './label-budget.ts';
import type {
  CounterDescriptor,
  GaugeDescriptor,
  HistogramDescriptor,
  Labels,
  MetricDescriptor,
  UpDownCounterDescriptor,
} from './metric.ts';
import type { Collector, Counter, Gauge, Histogram, MetricFamily, MetricSink, UpDownCounter } from './sink.ts';

/** The state of a fan-out as plain JSON. */
export interface FanOutSnapshot {
  /** Throws of each sink, in the order in which the sinks were given. */
  readonly failures: readonly number[];
}

/** Records everything into each of some sinks; made by `fanOut`. */
export interface FanOutSink extends MetricSink {
  snapshot(): FanOutSnapshot;
}

/**
 * One sink that records everything into all of `sinks`; into none if there are none.
 *
 * A sink that throws where the contract of sinks forbids it loses that number, is counted and disturbs nobody. Recording costs what the sinks cost
 * and about ten nanoseconds for each. A handle is made anew for every call of `handle`: keep it.
 *
 * Sinks that share one memory must not both be here, or that memory counts everything twice.
 */
export function fanOut(sinks: readonly MetricSink[]): FanOutSink {
  return new FanOut(sinks);
}

/** One of the sinks. */
interface Branch {
  readonly sink: MetricSink;
  failures: number;
}

/** What one of the sinks gave. */
interface Leaf<T> {
  readonly branch: Branch;
  readonly target: T;
}

class FanOut implements FanOutSink {
  readonly #branches: readonly Branch[];
  readonly #catalog = new MetricCatalog<MetricFamily<string, unknown>>();

  constructor(sinks: readonly MetricSink[]) {
    this.#branches = sinks.map((sink) => ({ sink, failures: 0 }));
  }

  counter<L extends string = never>(descriptor: CounterDescriptor<L>): MetricFamily<L, Counter> {
    return this.#family(
      descriptor,
      (sink) => sink.counter(descriptor),
      (leaves): Counter => ({
        add: (amount) => each(leaves, (counter) => counter.add(amount)),
        raiseTo: (total) => each(leaves, (counter) => counter.raiseTo(total)),
      }),
    );
  }

  upDownCounter<L extends string = never>(descriptor: UpDownCounterDescriptor<L>): MetricFamily<L, UpDownCounter> {
    return this.#family(
      descriptor,
      (sink) => sink.upDownCounter(descriptor),
      (leaves): UpDownCounter => ({ add: (amount) => each(leaves, (counter) => counter.add(amount)) }),
    );
  }

  gauge<L extends string = never>(descriptor: GaugeDescriptor<L>): MetricFamily<L, Gauge> {
    return this.#family(
      descriptor,
      (sink) => sink.gauge(descriptor),
      (leaves): Gauge => ({ set: (value) => each(leaves, (gauge) => gauge.set(value)) }),
    );
  }

  histogram<L extends string = never>(descriptor: HistogramDescriptor<L>): MetricFamily<L, Histogram> {
    return this.#family(
      descriptor,
      (sink) => sink.histogram(descriptor),
      (leaves): Histogram => ({ record: (value) => each(leaves, (histogram) => histogram.record(value)) }),
    );
  }

  onCollect(collector: Collector): () => void {
    const stops = leavesOf(this.#branches, ({ sink }) => sink.onCollect(collector));
    return () => each(stops, (stop) => stop());
  }

  snapshot(): FanOutSnapshot {
    return { failures: this.#branches.map(({ failures }) => failures) };
  }

  /** The catalog keeps one kind under a name, so that what it gives back is of the kind that was asked for. */
  #family<L extends string, H>(
    descriptor: MetricDescriptor,
    familyOf: (sink: MetricSink) => MetricFamily<L, H>,
    handleOf: (leaves: readonly Leaf<H>[]) => H,
  ): MetricFamily<L, H> {
    return this.#catalog.define(descriptor, ({ name, labelNames = [] }) => {
      const families = leavesOf(this.#branches, ({ sink }) => familyOf(sink));
      return {
        handle: (labels: Labels<L>): H => {
          labelKey(name, labelNames, labels);
          const leaves: Leaf<H>[] = [];
          for (const { branch, target } of families) {
            try {
              leaves.push({ branch, target: target.handle(labels) });
            } catch {
              branch.failures++;
            }
          }
          return handleOf(leaves);
        },
      };
    }) as MetricFamily<L, H>;
  }
}

/** A mistake of the program is told at once; anything else costs only the sink that threw it. */
function leavesOf<T>(branches: readonly Branch[], targetOf: (branch: Branch) => T): Leaf<T>[] {
  const leaves: Leaf<T>[] = [];
  for (const branch of branches) {
    try {
      leaves.push({ branch, target: targetOf(branch) });
    } catch (error) {
      if (isMetricError(error)) throw error;
      branch.failures++;
    }
  }
  return leaves;
}

function each<T>(leaves: readonly Leaf<T>[], act: (target: T) => void): void {
  for (const { branch, target } of leaves) {
    try {
      act(target);
    } catch {
      branch.failures++;
    }
  }
}
