import { type MetricDescriptor, prometheusName } from '@sessiond/metrics-sinks';
import parse from 'parse-prometheus-text-format';
import * as catalogue from '../src/telemetry/catalogue.ts';
import { httpGet } from './http-get.ts';
import type { TerminalClient } from './terminal-client.ts';

/** One number of `get_metrics`. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly count?: number;
}

/**
 * Remembers in which states every metric of the catalogue was seen, in scrapes and in answers to `get_metrics`. One that was seen in
 * two has moved, and so has a counter above 0, where all of them begin.
 */
export class MetricMoves {
  readonly #states = new Map<string, Set<string>>();
  readonly #counted = new Set<string>();

  /** Reads all numbers as Prometheus does. */
  async scrape(socketPath: string): Promise<void> {
    const { body } = await httpGet({ socketPath }, '/metrics');
    const families = new Map(parse(body).map((family) => [family.name, family]));
    for (const metric of Object.values(catalogue) as MetricDescriptor[]) {
      const family = families.get(prometheusName(metric));
      if (family !== undefined) this.#saw(`${metric.name} in Prometheus`, family.metrics);
    }
  }

  /** Reads all numbers as a client does, on a connection that is there. */
  async ask(client: TerminalClient): Promise<readonly Sample[]> {
    const { metrics } = (await client.ask('get_metrics')) as unknown as { metrics: Sample[] };
    for (const { name, kind } of Object.values(catalogue) as MetricDescriptor[]) {
      const samples = metrics.filter((sample) => sample.name === name);
      this.#saw(name, samples);
      if (kind === 'counter' && samples.some(({ value }) => value > 0)) this.#counted.add(name);
    }
    return metrics;
  }

  /** Metrics that were never seen, or always in the same state. */
  unmoved(): string[] {
    const states = (key: string): number => this.#states.get(key)?.size ?? 0;
    return Object.values(catalogue)
      .map(({ name }) => name)
      .filter((name) => !this.#counted.has(name))
      .filter((name) => states(name) < 2 && states(`${name} in Prometheus`) < 2);
  }

  /** Metrics that no scrape has shown. */
  unscraped(): string[] {
    return Object.values(catalogue)
      .map(({ name }) => name)
      .filter((name) => !this.#states.has(`${name} in Prometheus`));
  }

  #saw(key: string, state: unknown): void {
    this.#states.set(key, (this.#states.get(key) ?? new Set()).add(JSON.stringify(state)));
  }
}
