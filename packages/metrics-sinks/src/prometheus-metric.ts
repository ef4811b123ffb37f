import { Registry } from 'prom-client';
import type { Labels, MetricDescriptor } from './metric.ts';
import { prometheusFamily, prometheusLabelName, prometheusName } from './names.ts';
import type { HistogramReading, MetricReading, ValueReading } from './reading.ts';

/** One line of a scrape, as prom-client writes it. */
interface Line {
  readonly metricName?: string;
  /** prom-client keeps the text it made of these for as long as the object lives. */
  readonly sharedLabels: Labels;
  readonly value: number;
}

interface Exposed<V> {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly V[];
  readonly aggregator: 'sum';
}

/** One metric of a memory as a registry of prom-client wants it: it holds no number, but reads them when it is asked. */
export class PrometheusMetric {
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly aggregator = 'sum';
  /** The registry itself takes the suffix `_total` off when it writes OpenMetrics, so this is not what `get` goes by. */
  name: string;
  readonly #descriptor: MetricDescriptor;
  readonly #registry: { readonly contentType: string };
  readonly #read: () => MetricReading;
  readonly #bounds: readonly string[];
  readonly #hasDots: boolean;
  /** Label sets as Prometheus wants them, where they are not those of the series: kept, so that prom-client keeps their text. */
  readonly #spelled = new Map<Labels, readonly Labels[]>();

  constructor(descriptor: MetricDescriptor, registry: { readonly contentType: string }, read: () => MetricReading) {
    this.name = prometheusName(descriptor);
    this.help = descriptor.help;
    this.type = descriptor.kind === 'upDownCounter' ? 'gauge' : descriptor.kind;
    this.#descriptor = descriptor;
    this.#registry = registry;
    this.#read = read;
    const buckets = descriptor.kind === 'histogram' ? descriptor.buckets : [];
    this.#bounds = [...buckets.map(String), '+Inf'];
    this.#hasDots = descriptor.labelNames?.some((name) => name.includes('.')) ?? false;
  }

  /** What the registry writes as text. */
  getForPromString(): Exposed<Line> {
    const reading = this.#read();
    const values =
      reading.kind === 'histogram'
        ? reading.series.flatMap((series) => this.#histogramLines(series))
        : reading.series.map((series) => this.#line(series));
    const { help, type, aggregator } = this;
    return { name: this.#currentName(), help, type, values, aggregator };
  }

  /** The same for `getMetricsAsJSON`, where every value has all its labels. */
  get(): Exposed<Omit<Line, 'sharedLabels'> & { readonly labels: Labels }> {
    const exposed = this.getForPromString();
    const values = exposed.values.map(({ sharedLabels, ...line }) => ({ ...line, labels: sharedLabels }));
    return { ...exposed, values };
  }

  /** Numbers belong to the memory: `resetMetrics` of a registry does not touch them. */
  reset(): void {}

  #currentName(): string {
    const openMetrics = this.#registry.contentType === Registry.OPENMETRICS_CONTENT_TYPE;
    return openMetrics ? prometheusFamily(this.#descriptor) : prometheusName(this.#descriptor);
  }

  #line({ labels, value }: ValueReading): Line {
    return { sharedLabels: this.#hasDots ? this.#spell(labels)[0]! : labels, value };
  }

  #histogramLines({ labels, counts, sum }: HistogramReading): Line[] {
    const name = prometheusName(this.#descriptor);
    const [sharedLabels, ...buckets] = this.#spell(labels) as [Labels, ...Labels[]];
    let cumulative = 0;
    const lines: Line[] = buckets.map((bucket, index) => {
      cumulative += counts[index]!;
      return { metricName: `${name}_bucket`, sharedLabels: bucket, value: cumulative };
    });
    lines.push({ metricName: `${name}_sum`, sharedLabels, value: sum });
    lines.push({ metricName: `${name}_count`, sharedLabels, value: cumulative });
    return lines;
  }

  /** The labels of a series, and for a histogram those of each of its buckets. */
  #spell(labels: Labels): readonly Labels[] {
    let spelled = this.#spelled.get(labels);
    if (spelled === undefined) {
      const own: Labels = Object.fromEntries(
        Object.entries(labels).map(([name, value]) => [prometheusLabelName(name), value]),
      );
      spelled = this.type === 'histogram' ? [own, ...this.#bounds.map((le) => ({ le, ...own }))] : [own];
      this.#spelled.set(labels, spelled);
    }
    return spelled;
  }
}
