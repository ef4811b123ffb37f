import { describe, expect, it } from 'vitest';
import { calls, delay, failures, open, usage, watching } from '../test/watching.ts';
import type { AlertEvent, AlertHandler } from './alert-event.ts';
import { callbackAlertHandler } from './alert-handlers/callback.ts';
import { fanOut } from './fan-out.ts';
import { MemorySink } from './memory.ts';
import { NoopSink } from './noop.ts';

describe('what goes through', () => {
  it('reaches the wrapped sink, named by a rule or not', () => {
    const inner = new MemorySink();
    // Not found out to be a memory: so what rules name is kept a second time.
    const { sink, told, tick } = watching([{}], { sink: fanOut([inner]) });
    sink.upDownCounter(open).handle({}).add(12);
    sink.counter(failures).handle({}).add(3);
    sink.gauge(usage).handle({ of: 'disk' }).set(4);
    sink.histogram(delay).handle({}).record(5);
    tick(1);
    expect(told()).toEqual(['1: firing at 12']);
    expect(inner.snapshot().map((metric) => [metric.name, metric.series.length])).toEqual([
      ['some.open', 1],
      ['some.failures', 1],
      ['some.usage', 1],
      ['some.delay', 1],
    ]);
    expect(inner.read('some.open')?.series[0]).toMatchObject({ value: 12 });
  });

  it('goes through the very handles of the wrapped sink where no rule names the metric', () => {
    const inner = fanOut([]);
    const { sink } = watching([{ metric: 'some.open', reduce: 'ratio', over: { metric: 'some.calls' } }], {
      sink: inner,
    });
    expect(sink.counter(failures)).toBe(inner.counter(failures));
    expect(sink.upDownCounter(open)).not.toBe(inner.upDownCounter(open));
    expect(sink.counter(calls)).not.toBe(inner.counter(calls));
  });

  it('goes through the very handles everywhere if the memory can be read', () => {
    const memory = new MemorySink();
    const alone = watching([{}], { sink: memory });
    expect(alone.sink.upDownCounter(open).handle({})).toBe(memory.upDownCounter(open).handle({}));
    const both = fanOut([memory, new NoopSink()]);
    const shared = watching([{}], { sink: both, memory });
    expect(shared.sink.upDownCounter(open)).toBe(both.upDownCounter(open));
    shared.sink.upDownCounter(open).handle({}).add(10);
    shared.tick(1);
    expect(shared.told()).toEqual(['1: firing at 10']);
  });
});

describe('handlers', () => {
  it('are told what people have to know unless they say what else', () => {
    const notices: string[] = [];
    const ends: string[] = [];
    const { sink, told, tick } = watching([{ forMs: 1_000, keepMs: 1_000 }], {
      handlers: [
        callbackAlertHandler(({ kind }) => notices.push(kind)),
        callbackAlertHandler(({ kind }) => ends.push(kind), ['resolved']),
      ],
    });
    const files = sink.upDownCounter(open).handle({});
    files.add(10);
    tick(1);
    tick(2);
    files.add(-10);
    tick(3);
    tick(4);
    expect([notices, ends, told()]).toEqual([['firing', 'resolved'], ['resolved'], []]);
  });

  it('that throw or reject stop nothing and are counted', async () => {
    const seen: AlertEvent[] = [];
    const rejected: Promise<never>[] = [];
    const bad: AlertHandler[] = [
      {
        handle: () => {
          throw new Error('no');
        },
      },
      {
        handle: () => {
          const promise = Promise.reject(new Error('no'));
          rejected.push(promise);
          return promise;
        },
      },
    ];
    const { sink, tick } = watching([{}, {}], {
      handlers: [...bad, callbackAlertHandler((event) => seen.push(event))],
    });
    sink.upDownCounter(open).handle({}).add(10);
    tick(1);
    expect(seen.map(({ rule }) => rule)).toEqual(['rule-0', 'rule-1']);
    await Promise.allSettled(rejected);
    expect(sink.snapshot().handlerFailures).toBe(4);
  });

  it('whose kinds are no list stop nobody else, in this tick or a later one', () => {
    const seen: string[] = [];
    const odd = { kinds: new Set(['firing']), handle: () => {} } as unknown as AlertHandler;
    const { sink, tick } = watching([{}], { handlers: [odd, callbackAlertHandler(({ kind }) => seen.push(kind))] });
    const files = sink.upDownCounter(open).handle({});
    files.add(10);
    tick(1);
    files.add(-10);
    tick(2);
    expect(seen).toEqual(['firing', 'resolved']);
    expect(sink.snapshot().handlerFailures).toBe(2);
  });

  it('see events in one order, also when one of them ticks', () => {
    const seen: string[] = [];
    const inner = new MemorySink();
    const files = inner.upDownCounter(open).handle({});
    const { tick } = watching([{}, {}], {
      sink: inner,
      handlers: [
        callbackAlertHandler(({ rule, kind }) => {
          if (rule !== 'rule-0' || kind !== 'firing') return;
          files.add(-10);
          tick(2);
        }),
        callbackAlertHandler(({ rule, kind }) => seen.push(`${rule} ${kind}`)),
      ],
    });
    files.add(10);
    tick(1);
    expect(seen).toEqual(['rule-0 firing', 'rule-1 firing', 'rule-0 resolved', 'rule-1 resolved']);
  });
});

describe('the sink', () => {
  it('shows every alert, firing or not', () => {
    const { sink, tick } = watching([{ name: 'files' }, { name: 'failures', metric: 'some.failures' }]);
    expect(sink.snapshot().tickedAt).toBeNull();
    sink.upDownCounter(open).handle({}).add(10);
    sink.counter(failures).handle({}).add(1);
    tick(3);
    const { tickedAt, alerts } = sink.snapshot();
    expect(tickedAt).toBe(3_000);
    expect(alerts).toEqual([
      { rule: 'files', labels: {}, phase: 'firing', level: 'warn', value: 10, since: 3_000, activeSince: 3_000 },
      { rule: 'failures', labels: {}, phase: 'inactive', level: null, value: 1, since: 0, activeSince: null },
    ]);
    expect(sink.rules.map(({ name }) => name)).toEqual(['files', 'failures']);
  });

  it('refuses two rules of one name, and a rule that is not valid', () => {
    expect(() => watching([{ name: 'same' }, { name: 'same' }])).toThrow(
      'Cannot use alert rule "same": name is "same", as is that of another rule',
    );
    expect(() => watching([{ forMs: -1 }])).toThrow(expect.objectContaining({ code: 'INVALID_ALERT_RULE' }));
  });

  it.each([0, -1, Number.NaN, 30_001, Number.POSITIVE_INFINITY])('refuses to tick every %d ms', (intervalMs) => {
    expect(() => watching([{}]).sink.start(intervalMs)).toThrow(
      `Cannot start alerts: intervalMs is ${intervalMs}, allowed are 1 to 30000 milliseconds, half of the smallest maxGapMs`,
    );
  });

  it('ticks by itself once started, until it is closed', async () => {
    let now = 0;
    let ticked = () => {};
    const { sink } = watching([{}], { now: () => (now += 1_000) });
    sink.onCollect(() => ticked());
    sink.start(30_000);
    sink.start(1);
    await new Promise<void>((resolve) => (ticked = resolve));
    await new Promise<void>((resolve) => (ticked = resolve));
    sink.close();
    sink.close();
    const { tickedAt } = sink.snapshot();
    sink.tick();
    sink.start(1);
    expect(sink.snapshot().tickedAt).toBe(tickedAt);
  });
});
