import type { LabelBudgetOptions } from './label-budget.ts';
import { MemorySink } from './memory.ts';
import type {
  CounterDescriptor,
  GaugeDescriptor,
  HistogramDescriptor,
  Labels,
  MetricDescriptor,
  UpDownCounterDescriptor,
} from './metric.ts';
import { percentile } from './percentile.ts';
import type { HistogramMetricReading, HistogramReading, MetricReading, ValueReading } from './reading.ts';
import type { Collector, Counter, Gauge, Histogram, MetricFamily, MetricSink, UpDownCounter } from './sink.ts';

/** What a `ConsoleSink` prints, and where. */
export interface ConsoleSinkOptions extends LabelBudgetOptions {
  /** Takes whole lines, once for each `flush` that has any: `(text) => process.stderr.write(text)`. */
  readonly write: (text: string) => void;
  /** Memory to print, with all that others record there; by default one of its own, for which `maxLabelSets` counts. */
  readonly memory?: MemorySink;
}

/** The state of a `ConsoleSink` as plain JSON. */
export interface ConsoleSinkSnapshot {
  readonly flushes: number;
  /** Flushes whose text the writer did not take. */
  readonly writeFailures: number;
}

/**
 * Numbers for people who watch a program: at every `flush`, a line for each series that changed since the last one.
 *
 * ```
 * sessiond.pty.io{direction="out"} 18,432 By (+4,096)
 * sessiond.connection.count 3 connection (-1)
 * sessiond.command.duration{command="create"} 12 values, mean 0.0034 s, p50 0.0021 s, p99 0.0096 s (+3)
 * ```
 * In brackets is the change. It has no timer: who owns it decides when to flush, and once more at the end.
 */
export class ConsoleSink implements MetricSink {
  /** What is printed: the memory it was given, or its own. Its `troubles()` say what went wrong while recording. */
  readonly memory: MemorySink;
  readonly #write: (text: string) => void;
  /** What was printed last of each series: its value, or how many values it had; as many as the memory has series. */
  readonly #printed = new Map<ValueReading | HistogramReading, number>();
  #flushes = 0;
  #writeFailures = 0;

  /** @throws InvalidSinkOptionError if `maxLabelSets` is not an integer of at least 0. */
  constructor(options: ConsoleSinkOptions) {
    this.#write = options.write;
    this.memory = options.memory ?? new MemorySink(options);
  }

  counter<L extends string = never>(descriptor: CounterDescriptor<L>): MetricFamily<L, Counter> {
    return this.memory.counter(descriptor);
  }

  upDownCounter<L extends string = never>(descriptor: UpDownCounterDescriptor<L>): MetricFamily<L, UpDownCounter> {
    return this.memory.upDownCounter(descriptor);
  }

  gauge<L extends string = never>(descriptor: GaugeDescriptor<L>): MetricFamily<L, Gauge> {
    return this.memory.gauge(descriptor);
  }

  histogram<L extends string = never>(descriptor: HistogramDescriptor<L>): MetricFamily<L, Histogram> {
    return this.memory.histogram(descriptor);
  }

  onCollect(collector: Collector): () => void {
    return this.memory.onCollect(collector);
  }

  /**
   * Runs the collectors and prints what changed; series that never left 0 are not printed. Never throws: what a writer that throws did not take is
   * printed by the next flush.
   */
  flush(): void {
    this.#flushes++;
    this.memory.collect();
    const lines: string[] = [];
    const printed: [ValueReading | HistogramReading, number][] = [];
    for (const metric of this.memory.readings()) {
      for (const series of metric.series) {
        const now = 'value' in series ? series.value : series.count;
        const before = this.#printed.get(series);
        if (now === (before ?? (metric.kind === 'gauge' ? Number.NaN : 0))) continue;
        lines.push(lineOf(metric, series, now - (before ?? 0)));
        printed.push([series, now]);
      }
    }
    if (lines.length === 0) return;
    try {
      this.#write(`${lines.join('\n')}\n`);
    } catch {
      this.#writeFailures++;
      return;
    }
    for (const [series, now] of printed) this.#printed.set(series, now);
  }

  snapshot(): ConsoleSinkSnapshot {
    return { flushes: this.#flushes, writeFailures: this.#writeFailures };
  }
}

function lineOf(metric: MetricReading, series: ValueReading | HistogramReading, change: number): string {
  const { descriptor } = metric;
  const title = `${descriptor.name}${labelText(series.labels)}`;
  const text = 'value' in series ? withUnit(series.value, descriptor) : histogramText(metric, series);
  return `${title} ${text} (${change > 0 ? '+' : ''}${digits(change)})`;
}

function histogramText(metric: MetricReading, series: HistogramReading): string {
  const { descriptor } = metric as HistogramMetricReading;
  const { count, sum, counts } = series;
  const at = (share: number): string => withUnit(percentile(counts, descriptor.buckets, share), descriptor);
  return `${digits(count)} values, mean ${withUnit(sum / count, descriptor)}, p50 ${at(0.5)}, p99 ${at(0.99)}`;
}

function labelText(labels: Labels): string {
  const texts = Object.entries(labels).map(([name, value]) => `${name}=${printable(value)}`);
  return texts.length === 0 ? '' : `{${texts.join(',')}}`;
}

/** In quotes, and with no character that a terminal would act on. */
function printable(value: string): string {
  const unprintable = /[\u007f-\u009f\u2028\u2029]/g;
  return JSON.stringify(value).replaceAll(
    unprintable,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function withUnit(value: number, { unit }: MetricDescriptor): string {
  const shown = unit === '1' ? '' : unit.replaceAll(/[{}]/g, '');
  return shown === '' ? digits(value) : `${digits(value)} ${shown}`;
}

/** Integers in full, fractions to four digits that matter. */
function digits(value: number): string {
  return value.toLocaleString('en-US', Number.isInteger(value) ? {} : { maximumSignificantDigits: 4 });
}
