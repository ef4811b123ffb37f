import { describe, expect, it } from 'vitest';
import { calls, delay, failures, open, usage, watching } from '../test/watching.ts';
import type { AlertRule } from './alert-rule.ts';
import { MemorySink } from './memory.ts';

describe('a value', () => {
  it('[M05] that goes 9.9, 10, 9.9, 10 around a bound of 10 fires once', () => {
    const { sink, told, tick } = watching([{ metric: 'some.usage' }]);
    const gauge = sink.gauge(usage).handle({ of: 'disk' });
    for (const [second, value] of [9.9, 10, 9.9, 10].entries()) {
      gauge.set(value);
      tick(second);
    }
    expect(told()).toEqual(['1: firing at 10']);
  });

  it('is the sum of the series that the selector leaves', () => {
    const { sink, told, tick } = watching([
      { metric: 'some.calls', selector: { outcome: 'failure' }, levels: { info: 5 } },
    ]);
    const family = sink.counter(calls);
    family.handle({ of: 'a', outcome: 'failure' }).add(2);
    family.handle({ of: 'a', outcome: 'success' }).add(100);
    tick(1);
    expect(told()).toEqual([]);
    family.handle({ of: 'b', outcome: 'failure' }).add(3);
    tick(2);
    expect(told()).toEqual(['2: firing at 5']);
  });

  it('is read from what collectors report', () => {
    const { sink, told, tick } = watching([{}]);
    const files = sink.upDownCounter(open).handle({});
    const stop = sink.onCollect(() => files.add(6));
    tick(1);
    tick(2);
    stop();
    tick(3);
    expect(told()).toEqual(['2: firing at 12']);
  });

  it('says what was found and why it matters, as plain JSON', () => {
    const { sink, events, tick } = watching([{ name: 'files', summary: 'Too many files are open.' }]);
    sink.upDownCounter(open).handle({}).add(11);
    tick(4);
    expect(JSON.parse(JSON.stringify(events))).toEqual([
      {
        kind: 'firing',
        rule: 'files',
        summary: 'Too many files are open.',
        metric: 'some.open',
        labels: {},
        level: 'warn',
        previousLevel: null,
        phase: 'firing',
        previousPhase: 'inactive',
        value: 11,
        at: 4_000,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        activeMs: 0,
      },
    ]);
    sink.upDownCounter(open).handle({}).add(-11);
    tick(9);
    expect(events.at(-1)).toMatchObject({ kind: 'resolved', previousLevel: 'warn', value: 0, activeMs: 5_000 });
  });
});

describe('a rate', () => {
  it('is what a counter grew per second since the last tick', () => {
    const { sink, told, tick } = watching([{ metric: 'some.failures', reduce: 'rate', levels: { warn: 10 } }]);
    const counter = sink.counter(failures).handle({});
    counter.add(19);
    tick(2);
    counter.add(20);
    tick(4);
    tick(6);
    expect(told()).toEqual(['4: firing at 10', '6: resolved at 0']);
  });

  it('counts the first growth of a series that was not there before', () => {
    const { sink, told, tick } = watching([{ metric: 'some.failures', reduce: 'rate', levels: { warn: 0.1 } }]);
    tick(10);
    sink.counter(failures).handle({}).add();
    tick(20);
    expect(told()).toEqual(['20: firing at 0.1']);
  });

  it('does not count what was there before the sink', () => {
    const memory = new MemorySink();
    memory.counter(failures).handle({}).add(1e6);
    const { told, tick } = watching([{ metric: 'some.failures', reduce: 'rate' }], { sink: memory });
    tick(1);
    expect(told()).toEqual([]);
  });

  it('is blinded neither by a tick at no time nor by a clock that goes back', () => {
    const { sink, tick } = watching([{ metric: 'some.failures', reduce: 'rate' }]);
    const rate = () => sink.snapshot().alerts[0]?.value;
    tick(Number.NaN);
    expect(sink.snapshot().tickedAt).toBeNull();
    const counter = sink.counter(failures).handle({});
    counter.add(8);
    tick(2);
    expect(rate()).toBe(4);
    tick(1);
    expect(rate()).toBeNull();
    counter.add(3);
    tick(2);
    expect(rate()).toBe(3);
  });

  it('is measured over the window', () => {
    const rule: Partial<AlertRule> = { metric: 'some.failures', reduce: 'rate', levels: { warn: 1 }, windowMs: 10_000 };
    const { sink, told, tick } = watching([rule]);
    const counter = sink.counter(failures).handle({});
    counter.add(10);
    for (let second = 1; second <= 20; second++) tick(second);
    expect(told()).toEqual(['1: firing at 10', '12: resolved at 0.8333333333333334']);
  });

  it('of a histogram is how many values it counted', () => {
    const { sink, told, tick } = watching([{ metric: 'some.delay', reduce: 'rate', levels: { warn: 2 } }]);
    const histogram = sink.histogram(delay).handle({});
    for (let count = 0; count < 4; count++) histogram.record(0.1);
    tick(2);
    expect(told()).toEqual(['2: firing at 2']);
  });
});

describe('a ratio', () => {
  const rule: Partial<AlertRule> = {
    metric: 'some.calls',
    selector: { outcome: 'failure' },
    reduce: 'ratio',
    over: { metric: 'some.calls' },
    levels: { warn: 0.5 },
    clearBelow: 0.2,
  };

  it('is the growth of one over that of the other', () => {
    const { sink, told, tick } = watching([rule]);
    const failed = sink.counter(calls).handle({ of: 'a', outcome: 'failure' });
    const done = sink.counter(calls).handle({ of: 'a', outcome: 'success' });
    failed.add(1);
    done.add(3);
    tick(1);
    failed.add(2);
    done.add(2);
    tick(2);
    done.add(9);
    tick(3);
    expect(told()).toEqual(['2: firing at 0.5', '3: resolved at 0']);
  });

  it('is 0 where nothing failed ever, and no value where nothing was done', () => {
    const { sink, tick } = watching([rule]);
    sink.counter(calls).handle({ of: 'a', outcome: 'success' }).add(3);
    tick(1);
    expect(sink.snapshot().alerts[0]?.value).toBe(0);
    tick(2);
    expect(sink.snapshot().alerts[0]?.value).toBeNull();
  });

  it('begins to count when both metrics exist, whichever comes later', () => {
    const { sink, tick } = watching([
      { ...rule, selector: {}, over: { metric: 'some.failures' } },
      { ...rule, metric: 'some.failures', selector: {}, over: { metric: 'some.calls' }, noData: 'fire' },
    ]);
    const values = () => sink.snapshot().alerts.map(({ value }) => value);
    const call = sink.counter(calls).handle({ of: 'a', outcome: 'success' });
    call.add(1_000);
    tick(1);
    call.add(1_000);
    tick(2);
    expect(values()).toEqual([null, null]);
    call.add(20);
    sink.counter(failures).handle({}).add(10);
    tick(3);
    expect(values()).toEqual([2, 0.5]);
  });

  it('stays within an instance', () => {
    const { sink, events, tick } = watching([{ ...rule, by: ['of'] }]);
    sink.counter(calls).handle({ of: 'a', outcome: 'failure' }).add(1);
    sink.counter(calls).handle({ of: 'b', outcome: 'success' }).add(9);
    tick(1);
    expect(events.map(({ labels, value }) => [labels, value])).toEqual([[{ of: 'a' }, 1]]);
    expect(sink.snapshot().alerts.map(({ value }) => value)).toEqual([1, 0]);
  });
});

describe('a percentile', () => {
  it('is of what was recorded since the last tick', () => {
    const { sink, told, tick } = watching([{ metric: 'some.delay', reduce: 'p50', levels: { warn: 2 } }]);
    const histogram = sink.histogram(delay).handle({});
    for (let count = 0; count < 100; count++) histogram.record(0.5);
    tick(1);
    for (let count = 0; count < 10; count++) histogram.record(2);
    tick(2);
    histogram.record(0.5);
    tick(3);
    expect(told()).toEqual(['2: firing at 2', '3: resolved at 0.5']);
  });

  it('is no value while nothing is recorded', () => {
    const { sink, told, tick } = watching([{ metric: 'some.delay', reduce: 'p99', levels: { warn: 2 } }]);
    sink.histogram(delay).handle({}).record(5);
    for (let second = 1; second < 5; second++) tick(second);
    expect(told()).toEqual(['1: firing at 8.94']);
  });
});

describe('instances', () => {
  it('are alerts of their own', () => {
    const { sink, events, tick } = watching([{ metric: 'some.usage', by: ['of'] }]);
    const disk = sink.gauge(usage).handle({ of: 'disk' });
    disk.set(11);
    tick(1);
    sink.gauge(usage).handle({ of: 'memory' }).set(12);
    disk.set(1);
    tick(2);
    expect(events.map(({ labels, kind }) => `${labels['of']}: ${kind}`)).toEqual([
      'disk: firing',
      'disk: resolved',
      'memory: firing',
    ]);
  });

  it('beyond the bound are counted', () => {
    const { sink, events, tick } = watching([{ metric: 'some.usage', by: ['of'], maxInstances: 2 }]);
    for (const of of ['a', 'b', 'c', 'd']) sink.gauge(usage).handle({ of }).set(11);
    tick(1);
    tick(2);
    expect(events.map(({ labels }) => labels['of'])).toEqual(['a', 'b']);
    expect(sink.snapshot().rules).toEqual([{ name: 'rule-0', instances: 2, unwatched: 2, problem: null }]);
  });

  it('include the series of what is beyond the label budget', () => {
    const memory = new MemorySink({ maxLabelSets: 1 });
    const { sink, events, tick } = watching([{ metric: 'some.usage', by: ['of'] }], { sink: memory });
    for (const of of ['a', 'b']) sink.gauge(usage).handle({ of }).set(11);
    tick(1);
    expect(events.map(({ labels }) => labels)).toEqual([{ of: 'a' }, { overflow: 'true' }]);
  });
});

describe('a rule that finds nothing', () => {
  it.each<[Partial<AlertRule>, string]>([
    [{ metric: 'some.thing' }, 'some.thing does not exist so far'],
    [{ selector: { state: 'x' } }, 'some.open has no label state'],
    [{ by: ['state'] }, 'some.open has no label state'],
    [{ reduce: 'rate' }, 'rate cannot be made of some.open, whose kind is upDownCounter'],
    [{ reduce: 'p99' }, 'p99 cannot be made of some.open, whose kind is upDownCounter'],
    [{ metric: 'some.delay' }, 'value cannot be made of some.delay, whose kind is histogram'],
    [
      { metric: 'some.delay', reduce: 'p99', levels: { info: 9.5 } },
      'info begins at 9.5, and p99 of some.delay is at most its last bucket, 9',
    ],
    [{ metric: 'some.delay', reduce: 'ratio', over: { metric: 'some.thing' } }, 'some.thing does not exist so far'],
    [
      { metric: 'some.delay', reduce: 'ratio', over: { metric: 'some.open' } },
      'ratio cannot be made of some.open, whose kind is upDownCounter',
    ],
  ])('says why: %j', (rule, problem) => {
    const { sink, told, tick } = watching([rule]);
    sink.upDownCounter(open).handle({}).add(100);
    sink.histogram(delay).handle({}).record(100);
    tick(1);
    expect(sink.snapshot().rules[0]?.problem).toBe(problem);
    expect(told()).toEqual([]);
  });

  it('reaches the levels it can and tells of the one it cannot', () => {
    const { sink, told, tick } = watching([{ metric: 'some.delay', reduce: 'p99', levels: { warn: 9, critical: 30 } }]);
    sink.histogram(delay).handle({}).record(100);
    tick(1);
    expect(told()).toEqual(['1: firing at 9']);
    expect(sink.snapshot().rules[0]?.problem).toBe(
      'critical begins at 30, and p99 of some.delay is at most its last bucket, 9',
    );
  });

  it('finds it when it comes', () => {
    const { sink, told, tick } = watching([{ noData: 'fire' }]);
    tick(1);
    sink.upDownCounter(open).handle({});
    tick(2);
    expect(told()).toEqual(['1: firing at null', '2: resolved at 0']);
    expect(sink.snapshot().rules[0]?.problem).toBeNull();
  });
});
