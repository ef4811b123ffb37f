import { MetricConflictError } from './errors.ts';
import type { MetricDescriptor } from './metric.ts';
import { prometheusClaims } from './names.ts';
import { validateMetric } from './validate-metric.ts';

interface Entry<M> {
  readonly descriptor: MetricDescriptor;
  readonly metric: M;
}

/**
 * The metrics of one sink by name: what makes all sinks agree on which descriptors are right and which are one metric.
 *
 * As large as the program has metrics; names come from its code, never from its input.
 */
export class MetricCatalog<M> {
  readonly #entries = new Map<string, Entry<M>>();
  /** Which metric has a name of Prometheus. */
  readonly #claims = new Map<string, string>();

  /**
   * The metric with this descriptor, made by `create` at first; `create` gets a frozen copy. Another `help` is no conflict: the first one stays.
   *
   * @throws InvalidMetricError if no sink could keep the descriptor.
   * @throws MetricConflictError if the name stands for something else.
   */
  define(descriptor: MetricDescriptor, create: (descriptor: MetricDescriptor) => M): M {
    const known = this.#entries.get(descriptor.name);
    if (known) {
      refuseDifference(known.descriptor, descriptor);
      return known.metric;
    }
    validateMetric(descriptor);
    const claims = prometheusClaims(descriptor);
    for (const claim of claims) {
      const owner = this.#claims.get(claim);
      if (owner !== undefined) {
        throw new MetricConflictError(descriptor.name, 'name', `${claim} in Prometheus`, `as is that of ${owner}`);
      }
    }
    const copy = frozen(descriptor);
    const metric = create(copy);
    for (const claim of claims) this.#claims.set(claim, copy.name);
    this.#entries.set(copy.name, { descriptor: copy, metric });
    return metric;
  }

  /** The metric of that name, if there is one. */
  get(name: string): M | undefined {
    return this.#entries.get(name)?.metric;
  }

  /** All metrics in the order they were made. */
  *metrics(): Generator<M> {
    for (const { metric } of this.#entries.values()) yield metric;
  }
}

function frozen(descriptor: MetricDescriptor): MetricDescriptor {
  const labelNames = Object.freeze([...(descriptor.labelNames ?? [])]);
  return Object.freeze(
    descriptor.kind === 'histogram'
      ? { ...descriptor, labelNames, buckets: Object.freeze([...descriptor.buckets]) }
      : { ...descriptor, labelNames },
  );
}

function refuseDifference(known: MetricDescriptor, asked: MetricDescriptor): void {
  for (const field of ['kind', 'unit', 'labelNames', 'buckets'] as const) {
    const found = shown(asked, field);
    const existing = shown(known, field);
    if (found !== existing) throw new MetricConflictError(known.name, field, found, `it exists with ${existing}`);
  }
}

function shown(descriptor: MetricDescriptor, field: 'kind' | 'unit' | 'labelNames' | 'buckets'): string {
  if (field === 'labelNames') return `[${[...(descriptor.labelNames ?? [])].sort().join(', ')}]`;
  if (field === 'buckets') return descriptor.kind === 'histogram' ? `[${descriptor.buckets.join(', ')}]` : '[]';
  return String(descriptor[field]);
}
