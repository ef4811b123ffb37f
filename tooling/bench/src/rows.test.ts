import { expect, test } from 'vitest';
import { bounded, cheapest, comparison, selfComparison } from './rows.ts';

const rounds = [
  { ours: 12, rival: 10 },
  { ours: 30, rival: 20 },
  { ours: 11, rival: 10 },
].map((round) => new Map(Object.entries(round)));
const against = { name: 'speed', unit: 'MB/s', ours: 'ours', rival: 'rival', value: (sample: number) => sample };

test('a comparison shows both medians and judges the median of the paired ratios', () => {
  expect(comparison(rounds, { ...against, target: { least: 1.2 } })).toEqual({
    name: 'speed',
    unit: 'MB/s',
    ours: 12,
    rival: 10,
    rivalName: 'rival',
    ratio: 1.2,
    target: 'ratio >= 1.2',
    ok: true,
  });
  expect(comparison(rounds, { ...against, target: { most: 1.1 } })).toMatchObject({
    target: 'ratio <= 1.1',
    ok: false,
  });
});

test('a bound is about our own median, not about the ratio', () => {
  expect(comparison(rounds, { ...against, bound: { most: 12 } })).toMatchObject({ target: 'value <= 12', ok: true });
  expect(comparison(rounds, { ...against, bound: { most: 11 } })).toMatchObject({ ratio: 1.2, ok: false });
});

test('a row without a target only informs', () => {
  expect(comparison(rounds, against)).toMatchObject({ target: null, ok: null });
});

test('a target is judged on the unrounded ratio', () => {
  const close = [new Map([['ours', 0.899_96] as const, ['rival', 1] as const])];
  expect(comparison(close, { ...against, target: { least: 0.9 } })).toMatchObject({ ratio: 0.9, ok: false });
});

test('a comparison with ourselves pairs within the round', () => {
  const samples = [
    { flooded: 2, idle: 1 },
    { flooded: 9, idle: 9 },
    { flooded: 5, idle: 4 },
  ];
  const row = selfComparison(samples, {
    name: 'echo',
    unit: 'ms',
    value: (sample) => sample.flooded,
    baseline: (sample) => sample.idle,
    baselineName: 'own idle',
    target: { most: 1.3 },
  });
  expect(row).toMatchObject({ ours: 5, rival: 4, ratio: 1.25, ok: true });
});

test('a bounded row judges our own value, and zero can be the bound', () => {
  expect(bounded('shorts', 'runs', 0, { most: 0 })).toMatchObject({ target: 'value <= 0', ok: true, rival: null });
  expect(bounded('shorts', 'runs', 1, { most: 0 })).toMatchObject({ ok: false });
});

test('the cheapest rounds are compared and judged, and the medians stand beside them', () => {
  const row = cheapest(rounds, { name: 'cost', unit: 'ns', ours: 'ours', rival: 'rival', target: { most: 1.1 } });
  expect(row).toEqual({
    name: 'cost',
    unit: 'ns',
    ours: 11,
    rival: 10,
    rivalName: 'rival',
    ratio: 1.1,
    target: 'ratio <= 1.1',
    ok: true,
    medians: { ours: 12, rival: 10, ratio: 1.2 },
  });
});

test('the cheapest round of ours can be judged alone, in another unit', () => {
  const row = cheapest(rounds, { name: 'cost', unit: 'µs', ours: 'ours', per: 10, bound: { most: 1 } });
  expect(row).toMatchObject({ ours: 1.1, rival: null, target: 'value <= 1', ok: false, medians: { ours: 1.2 } });
});
