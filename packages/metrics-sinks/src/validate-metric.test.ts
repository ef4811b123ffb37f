import { expect, it, test } from 'vitest';
import type { MetricDescriptor } from './metric.ts';
import { validateMetric } from './validate-metric.ts';

const GAUGE = { kind: 'gauge', name: 'ring.usage', unit: 'By', help: 'Bytes kept.' } as const;
const HISTOGRAM = { kind: 'histogram', name: 'wait', unit: 's', help: 'Waits.', buckets: [0, 0.5, 1] } as const;

const right: readonly [string, MetricDescriptor][] = [
  ['without labels', GAUGE],
  ['with labels', { ...GAUGE, labelNames: ['kind', 'exit.code', 'a_b'] }],
  ['with a bucket of 0', HISTOGRAM],
  ...['1', 'By', '{session}', 'By/s', '{call}/min', 'm/s2', '10*3', 'm[H2O]', '%', 'By{resident}'].map(
    (unit): [string, MetricDescriptor] => [`of ${unit}`, { ...GAUGE, unit }],
  ),
  ...['a', 'a.b', 'a_b.c1', 'a.1'].map((name): [string, MetricDescriptor] => [`called ${name}`, { ...GAUGE, name }]),
];

test.each(right)('a metric %s is right', (_, descriptor) => {
  expect(() => validateMetric(descriptor)).not.toThrow();
});

const wrong: readonly [field: string, found: unknown, object][] = [
  ...['', 'A', '1a', 'a..b', '.a', 'a.', 'a__b', 'a-b', 'a b', 'ä', 'a\n', undefined, 5, 'a'.repeat(256)].map(
    (name): [string, unknown, object] => ['name', name, { ...GAUGE, name }],
  ),
  ['name', 'calls.total', { ...GAUGE, name: 'calls.total' }],
  ['kind', 'summary', { ...GAUGE, kind: 'summary' }],
  ...['', ' ', 'By By', 'a/b/c', '{}', '{a', 'a}', 'a"b', 'a\nb', 's'.repeat(64), undefined].map(
    (unit): [string, unknown, object] => ['unit', unit, { ...GAUGE, unit }],
  ),
  ['help', ' ', { ...GAUGE, help: ' ' }],
  ['help', undefined, { ...GAUGE, help: undefined }],
  ['labelNames[1]', 'Kind', { ...GAUGE, labelNames: ['kind', 'Kind'] }],
  ['labelNames[1]', 'kind', { ...GAUGE, labelNames: ['kind', 'kind'] }],
  ['labelNames[1]', 'a.b', { ...GAUGE, labelNames: ['a_b', 'a.b'] }],
  ...['overflow', 'le', 'quantile', 'job', 'instance'].map((label): [string, unknown, object] => [
    'labelNames[0]',
    label,
    { ...GAUGE, labelNames: [label] },
  ]),
  ['buckets', [], { ...HISTOGRAM, buckets: [] }],
  ['buckets', undefined, { ...HISTOGRAM, buckets: undefined }],
  ['buckets', 'more than 200', { ...HISTOGRAM, buckets: Array.from({ length: 201 }, (_, at) => at) }],
  ['buckets[0]', -1, { ...HISTOGRAM, buckets: [-1, 1] }],
  ['buckets[1]', 1, { ...HISTOGRAM, buckets: [1, 1] }],
  ['buckets[1]', Number.NaN, { ...HISTOGRAM, buckets: [1, Number.NaN, 2] }],
  ['buckets[1]', Number.POSITIVE_INFINITY, { ...HISTOGRAM, buckets: [1, Number.POSITIVE_INFINITY] }],
];

test.each(wrong)('a metric with %s %j is refused', (field, _, descriptor) => {
  expect(() => validateMetric(descriptor as MetricDescriptor)).toThrow(
    expect.objectContaining({ code: 'INVALID_METRIC', field }),
  );
});

it('says what it found and what is allowed', () => {
  expect(() => validateMetric({ ...GAUGE, name: 'Ring' })).toThrow(
    'Cannot create metric Ring: name is "Ring", allowed are lower-case words joined by "." or "_", at most 255 characters',
  );
  expect(() => validateMetric({ ...HISTOGRAM, buckets: [2, 1] })).toThrow(
    'Cannot create metric wait: buckets[1] is 1, allowed are finite numbers of at least 0, each above the one before',
  );
});
