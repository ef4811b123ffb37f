import type { Sample } from './sample.ts';

type MetricSample = Sample['metrics']['metrics'][number];

/** The numbers of one sample by name; what a daemon does not have is 0. */
export class MetricReader {
  readonly #byName = new Map<string, MetricSample[]>();

  constructor(samples: readonly MetricSample[]) {
    for (const sample of samples) {
      const known = this.#byName.get(sample.name);
      if (known === undefined) this.#byName.set(sample.name, [sample]);
      else known.push(sample);
    }
  }

  /** The sum of the values of a metric, of all series or of those with these labels. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.#sum(name, labels, ({ value }) => value);
  }

  /** How much a histogram has observed. */
  count(name: string): number {
    return this.#sum(name, {}, ({ count = 0 }) => count);
  }

  #sum(name: string, labels: Readonly<Record<string, string>>, of: (sample: MetricSample) => number): number {
    const wanted = Object.entries(labels);
    const series = this.#byName.get(name) ?? [];
    return series
      .filter((sample) => wanted.every(([label, value]) => sample.labels[label] === value))
      .reduce((sum, sample) => sum + of(sample), 0);
  }
}
