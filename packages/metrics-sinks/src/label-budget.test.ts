import { describe, expect, it } from 'vitest';
import { LabelBudget, labelKey, resolveMaxLabelSets } from './label-budget.ts';
import type { Labels, MetricDescriptor } from './metric.ts';

const CALLS: MetricDescriptor = {
  kind: 'counter',
  name: 'calls',
  unit: '{call}',
  help: 'Calls.',
  labelNames: ['code'],
};

interface Series {
  readonly labels: Labels;
}

const budgetOf = (maxLabelSets: number, descriptor = CALLS): LabelBudget<Series> =>
  new LabelBudget(descriptor, maxLabelSets, (labels) => ({ labels }));

describe('[M04] the label budget of a metric', () => {
  it('gives every label set within it a series of its own', () => {
    const budget = budgetOf(2);
    const one = budget.get({ code: '1' });
    expect(one.labels).toEqual({ code: '1' });
    expect(budget.get({ code: '2' })).not.toBe(one);
    expect(budget.get({ code: '1' })).toBe(one);
    expect(budget.overflowed).toBe(0);
  });

  it('gives all others one series, and counts how often that was needed', () => {
    const budget = budgetOf(2);
    const within = [budget.get({ code: '1' }), budget.get({ code: '2' })];
    const shared = budget.get({ code: '3' });
    expect(shared.labels).toEqual({ overflow: 'true' });
    expect(budget.get({ code: '4' })).toBe(shared);
    expect(budget.get({ code: '3' })).toBe(shared);
    expect(budget.get({ code: '2' })).toBe(within[1]);
    expect(budget.overflowed).toBe(3);
    expect(budget.series).toEqual([...within, shared]);
  });

  it('has no room for a value that is too long, or that no format can write', () => {
    const budget = budgetOf(10);
    const longest = budget.get({ code: '𝄞'.repeat(512) });
    expect(longest.labels).not.toEqual({ overflow: 'true' });
    const shared = budget.get({ code: 'x'.repeat(1_025) });
    expect(shared.labels).toEqual({ overflow: 'true' });
    expect(budget.get({ code: '\ud800' })).toBe(shared);
    expect(budget.get({ code: '\udd1e\ud834' })).toBe(shared);
    expect([budget.series, budget.overflowed]).toEqual([[longest, shared], 3]);
  });

  it('may be nothing at all', () => {
    expect(budgetOf(0).get({ code: '1' }).labels).toEqual({ overflow: 'true' });
  });

  it('never costs a metric without labels its series', () => {
    const budget = budgetOf(0, { ...CALLS, labelNames: [] });
    const series = budget.get({});
    expect(series.labels).toEqual({});
    expect([budget.get({}) === series, budget.overflowed]).toEqual([true, 0]);
  });

  it('is 200 unless told otherwise, and an integer of at least 0', () => {
    expect([resolveMaxLabelSets({}), resolveMaxLabelSets({ maxLabelSets: 0 })]).toEqual([200, 0]);
    for (const maxLabelSets of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => resolveMaxLabelSets({ maxLabelSets })).toThrow(
        expect.objectContaining({ code: 'INVALID_SINK_OPTION', option: 'maxLabelSets' }),
      );
    }
  });
});

it('keeps a copy of the labels, in the order of the descriptor, that nobody can change', () => {
  const budget = budgetOf(2, { ...CALLS, labelNames: ['code', 'verb'] });
  const given = { verb: 'get', code: '1' };
  const { labels } = budget.get(given);
  given.code = '2';
  expect(Object.entries(labels)).toEqual([
    ['code', '1'],
    ['verb', 'get'],
  ]);
  expect(Object.isFrozen(labels)).toBe(true);
});

it('tells label sets apart whose values run into each other', () => {
  const key = (a: string, b: string) => labelKey('calls', ['a', 'b'], { a, b });
  const sets = [key('x', 'y'), key('xy', ''), key('', 'xy'), key('1:x', 'y'), key('x1:', 'y'), key('x', '1:y')];
  expect(new Set(sets).size).toBe(sets.length);
  expect(labelKey('calls', ['a', 'b'], { b: 'y', a: 'x' })).toBe(key('x', 'y'));
});

it('does not take for a label what every object has', () => {
  expect(() => labelKey('calls', ['constructor'], {})).toThrow('constructor is missing');
});
