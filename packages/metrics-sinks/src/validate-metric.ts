import { InvalidMetricError } from './errors.ts';
import type { MetricDescriptor, MetricKind } from './metric.ts';
import { prometheusLabelName } from './names.ts';

const KINDS: readonly string[] = ['counter', 'upDownCounter', 'gauge', 'histogram'] satisfies MetricKind[];
const WORDS = /^[a-z][a-z0-9]*(?:[._][a-z0-9]+)*$/;
/** One unit, over another if need be; anything printable but spaces, quotes and a second slash, and braces only around an annotation. */
const UNIT = /^(?:[\w%[\]*'.^+-]*(?:\{[\w .-]+\})?)(?:\/[\w%[\]*'.^+-]*(?:\{[\w .-]+\})?)?$/;
/** OpenTelemetry allows no more; a name or unit beyond that is a mistake in any case. */
const MAX_NAME_LENGTH = 255;
const MAX_UNIT_LENGTH = 63;
/** A series of a histogram costs one number for each. */
const MAX_BUCKETS = 200;
/** Taken by the formats themselves, and by the series beyond the label budget. */
const RESERVED_LABELS: readonly string[] = ['overflow', 'le', 'quantile', 'job', 'instance'];

/**
 * Checks a descriptor the way every sink does before it makes a metric.
 *
 * @throws InvalidMetricError which names the field, what was found and what is allowed.
 */
export function validateMetric(descriptor: MetricDescriptor): void {
  const { kind, name, unit, help, labelNames = [] } = descriptor;
  const refuse = (field: string, found: unknown, allowed: string): never => {
    throw new InvalidMetricError(String(name), field, show(found), allowed);
  };
  if (typeof name !== 'string' || name.length > MAX_NAME_LENGTH || !WORDS.test(name)) {
    refuse('name', name, `allowed are lower-case words joined by "." or "_", at most ${MAX_NAME_LENGTH} characters`);
  }
  if (/[._]total$/.test(name))
    refuse('name', name, 'allowed are names without "total", which Prometheus adds by itself');
  if (!KINDS.includes(kind)) refuse('kind', kind, `allowed are ${KINDS.join(', ')}`);
  if (typeof unit !== 'string' || unit === '' || unit.length > MAX_UNIT_LENGTH || !UNIT.test(unit)) {
    refuse('unit', unit, `allowed are UCUM units such as "By", "s", "1", "By/s" or "{session}"`);
  }
  if (typeof help !== 'string' || help.trim() === '') refuse('help', help, 'required is a sentence');
  for (const [index, labelName] of labelNames.entries()) {
    const field = `labelNames[${index}]`;
    if (typeof labelName !== 'string' || labelName.length > MAX_NAME_LENGTH || !WORDS.test(labelName)) {
      refuse(field, labelName, 'allowed are lower-case words joined by "." or "_"');
    }
    if (RESERVED_LABELS.includes(labelName)) {
      refuse(field, labelName, `reserved are ${RESERVED_LABELS.join(', ')}`);
    }
    const spelled = prometheusLabelName(labelName);
    if (labelNames.findIndex((other) => prometheusLabelName(other) === spelled) !== index) {
      refuse(field, labelName, 'allowed are names that differ also when dots are written as underscores');
    }
  }
  if (kind === 'histogram') validateBuckets(descriptor.buckets, refuse);
}

function validateBuckets(
  buckets: readonly number[],
  refuse: (field: string, found: unknown, allowed: string) => never,
): void {
  if (!Array.isArray(buckets) || buckets.length === 0 || buckets.length > MAX_BUCKETS) {
    refuse('buckets', buckets, `allowed are 1 to ${MAX_BUCKETS} upper bounds`);
  }
  for (const [index, bound] of buckets.entries()) {
    if (!Number.isFinite(bound) || bound < 0 || bound <= (buckets[index - 1] ?? Number.NEGATIVE_INFINITY)) {
      refuse(`buckets[${index}]`, bound, 'allowed are finite numbers of at least 0, each above the one before');
    }
  }
}

function show(found: unknown): string {
  if (typeof found === 'string') return JSON.stringify(found.length > 300 ? `${found.slice(0, 300)}…` : found);
  return Array.isArray(found) ? `a list of ${found.length}` : String(found);
}
