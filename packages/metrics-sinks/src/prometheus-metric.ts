import { Registry } from 'prom-client';
import type { Labels, MetricDescriptor } from './metric.ts';
import { prometheusFamily, prometheusLabelName, prometheusName } from './names.ts';
import type { HistogramReading, MetricReading, ValueReading } from './reading.ts';

/** One line of a scrape, as prom-client writes it. */
interface Line {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Written after `labels`; prom-client keeps the text it made of them for as long as the object lives. */
  readonly sharedLabels?: Labels;
  readonly value: number;
}

interface Exposed {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly Line[];
  readonly aggregator: 'sum';
}

const NO_LABELS: Labels = Object.freeze({});

/** One metric of a memory as a registry of prom-client wants it: it holds no number, but reads them when it is asked. */
export class PrometheusMetric {
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly aggregator = 'sum';
  /** The registry itself takes the suffix `_total` off when it writes OpenMetrics, so this is not what `get` goes by. */
  name: string;
  readonly #descriptor: MetricDescriptor;
  readonly #registry: Pick<Registry, 'contentType'> | { readonly contentType: string };
  readonly #read: () => MetricReading;
  readonly #bounds: readonly Labels[];
  /** Label sets as Prometheus spells them, where that differs; one for each series. */
  readonly #spelled: Map<Labels, Labels> | undefined;

  constructor(descriptor: MetricDescriptor, registry: { readonly contentType: string }, read: () => MetricReading) {
    this.name = prometheusName(descriptor);
    this.help = descriptor.help;
    this.type = descriptor.kind === 'upDownCounter' ? 'gauge' : descriptor.kind;
    this.#descriptor = descriptor;
    this.#registry = registry;
    this.#read = read;
    const buckets = descriptor.kind === 'histogram' ? descriptor.buckets : [];
    this.#bounds = [...buckets.map(String), '+Inf'].map((le) => Object.freeze({ le }));
    this.#spelled = descriptor.labelNames?.some((name) => name.includes('.')) ? new Map() : undefined;
  }

  /** What the registry writes as text. */
  getForPromString(): Exposed {
    const reading = this.#read();
    const values =
      reading.kind === 'histogram'
        ? reading.series.flatMap((series) => this.#histogramLines(series))
        : reading.series.map((series) => this.#line(series));
    const { help, type, aggregator } = this;
    return { name: this.#currentName(), help, type, values, aggregator };
  }

  /** The same for `getMetricsAsJSON`, where every value has all its labels. */
  get(): Exposed {
    const exposed = this.getForPromString();
    const values = exposed.values.map(({ sharedLabels, labels, ...line }) => ({
      ...line,
      labels: { ...labels, ...sharedLabels },
    }));
    return { ...exposed, values };
  }

  /** Numbers belong to the memory: `resetMetrics` of a registry does not touch them. */
  reset(): void {}

  #currentName(): string {
    const openMetrics = this.#registry.contentType === Registry.OPENMETRICS_CONTENT_TYPE;
    return openMetrics ? prometheusFamily(this.#descriptor) : prometheusName(this.#descriptor);
  }

  #line({ labels, value }: ValueReading): Line {
    return { labels: NO_LABELS, sharedLabels: this.#spell(labels), value };
  }

  #histogramLines({ labels, counts, sum }: HistogramReading): Line[] {
    const name = prometheusName(this.#descriptor);
    const sharedLabels = this.#spell(labels);
    let cumulative = 0;
    const lines: Line[] = this.#bounds.map((bound, index) => {
      cumulative += counts[index]!;
      return { metricName: `${name}_bucket`, labels: bound, sharedLabels, value: cumulative };
    });
    lines.push({ metricName: `${name}_sum`, labels: NO_LABELS, sharedLabels, value: sum });
    lines.push({ metricName: `${name}_count`, labels: NO_LABELS, sharedLabels, value: cumulative });
    return lines;
  }

  #spell(labels: Labels): Labels {
    if (this.#spelled === undefined) return labels;
    let spelled = this.#spelled.get(labels);
    if (spelled === undefined) {
      spelled = Object.fromEntries(Object.entries(labels).map(([name, value]) => [prometheusLabelName(name), value]));
      this.#spelled.set(labels, spelled);
    }
    return spelled;
  }
}
