import type { MetricDescriptor } from './metric.ts';

/** UCUM symbols and how Prometheus spells them: base units, in full, plural. */
const UNIT_WORDS: ReadonlyMap<string, string> = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['kBy', 'kilobytes'],
  ['MBy', 'megabytes'],
  ['GBy', 'gigabytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['bit', 'bits'],
  ['m', 'meters'],
  ['g', 'grams'],
  ['V', 'volts'],
  ['A', 'amperes'],
  ['J', 'joules'],
  ['W', 'watts'],
  ['Hz', 'hertz'],
  ['Cel', 'celsius'],
  ['%', 'percent'],
]);

/** The same after a slash, where one is meant. */
const PER_WORDS: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['min', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['By', 'byte'],
]);

type Named = Pick<MetricDescriptor, 'kind' | 'name' | 'unit'>;

/**
 * The name that Prometheus knows a metric by: `sessiond.pty.io`, a counter of `By`, is `sessiond_pty_io_bytes_total`.
 *
 * Dots become underscores, the unit is written out and appended unless the name ends in it, and a counter ends in `_total`. The unit `1` is
 * `ratio` on a gauge and nothing elsewhere, `{annotations}` are left out, a unit that is not known stays as it is. Different metrics may come out
 * alike; sinks refuse the second of them (`MetricConflictError`). Names that end in `.count`, `.sum` or `.bucket` are kept, as by OpenTelemetry's own
 * exporters, though the linter of `promtool` wants these endings for histograms alone.
 *
 * After the rules of the OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility".
 */
export function prometheusName(descriptor: Named): string {
  const family = prometheusFamily(descriptor);
  return descriptor.kind === 'counter' ? `${family}_total` : family;
}

/** The name without the suffix `_total`: what OpenMetrics calls the family of a metric. */
export function prometheusFamily(descriptor: Named): string {
  const words = descriptor.name.replaceAll('.', '_');
  const unit = unitWords(descriptor);
  return unit === '' || words.endsWith(`_${unit}`) ? words : `${words}_${unit}`;
}

/** The name that Prometheus knows a label by: dots become underscores. */
export function prometheusLabelName(labelName: string): string {
  return labelName.replaceAll('.', '_');
}

/** Every name that a metric takes in Prometheus and OpenMetrics, where no other metric may use it. */
export function prometheusClaims(descriptor: Named): string[] {
  const family = prometheusFamily(descriptor);
  if (descriptor.kind === 'counter') return [family, `${family}_total`];
  if (descriptor.kind === 'histogram') return [family, `${family}_bucket`, `${family}_count`, `${family}_sum`];
  return [family];
}

function unitWords({ kind, unit }: Named): string {
  if (unit === '1') return kind === 'gauge' ? 'ratio' : '';
  const [of = '', per = ''] = unit.replaceAll(/\{[^}]*\}/g, '').split('/');
  const ofWords = of === '1' ? '' : (UNIT_WORDS.get(of) ?? plain(of));
  const perWords = PER_WORDS.get(per) ?? plain(per);
  return [ofWords, perWords === '' ? '' : `per_${perWords}`].filter((words) => words !== '').join('_');
}

/** What Prometheus accepts of a unit that has no words here. */
function plain(unit: string): string {
  return unit.replaceAll(/[^a-zA-Z0-9]+/g, '_').replaceAll(/^_|_$/g, '');
}
