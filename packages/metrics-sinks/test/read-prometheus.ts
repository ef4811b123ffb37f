import parse from 'parse-prometheus-text-format';
import { type MetricDescriptor, prometheusLabelName, prometheusName } from '../src/index.ts';
import { type Numbers, seriesKey } from './contract.ts';

/** One line of a scrape. */
export interface PrometheusSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * The samples of a scrape, by a parser that is not ours.
 *
 * Types are left out for it, because it throws the series of one histogram together: without them every line stands for itself.
 */
export function samplesOf(text: string): PrometheusSample[] {
  const untyped = text.replaceAll(/^# .*\n/gm, '');
  return parse(untyped).flatMap(({ name, metrics }) =>
    metrics.map(({ labels = {}, value }) => ({ name, labels, value: Number(value) })),
  );
}

/** What a scrape says of these metrics. */
export function readPrometheus(text: string, metrics: readonly MetricDescriptor[]): Numbers {
  const samples = samplesOf(text);
  const numbers: Numbers = {};
  for (const metric of metrics) {
    const name = prometheusName(metric);
    const labelsOf = (spelled: Readonly<Record<string, string>>) =>
      Object.fromEntries(
        Object.entries(spelled).map(([label, value]) => [
          (metric.labelNames ?? []).find((known) => prometheusLabelName(known) === label) ?? label,
          value,
        ]),
      );
    const named = (wanted: string) => samples.filter((sample) => sample.name === wanted);
    if (metric.kind !== 'histogram') {
      for (const { labels, value } of named(name)) numbers[seriesKey(metric.name, labelsOf(labels))] = value;
      continue;
    }
    for (const { labels, value: sum } of named(`${name}_sum`)) {
      const key = seriesKey(metric.name, labelsOf(labels));
      const cumulative = named(`${name}_bucket`)
        .map(({ labels: { le, ...rest }, value }) => ({ key: seriesKey(metric.name, labelsOf(rest)), le, value }))
        .filter((bucket) => bucket.key === key);
      const bounds = cumulative.map(({ le }) => (le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le)));
      if (bounds.join() !== [...metric.buckets, Number.POSITIVE_INFINITY].join()) throw new Error(`${key}: ${bounds}`);
      const count = named(`${name}_count`).find((sample) => seriesKey(metric.name, labelsOf(sample.labels)) === key);
      if (count?.value !== cumulative.at(-1)!.value) throw new Error(`${key}: count is ${count?.value}`);
      numbers[key] = { counts: cumulative.map(({ value }, at) => value - (cumulative[at - 1]?.value ?? 0)), sum };
    }
  }
  return numbers;
}
