import { describe, expect, it } from 'vitest';
import type { AlertRule } from './alert-rule.ts';
import { resolveAlertRule } from './resolve-alert-rule.ts';

const RULE: AlertRule = { name: 'loop-delay', metric: 'loop.delay', levels: { warn: 10 } };

/** A rule as a file might say it. */
const invalid = (fields: object): AlertRule => ({ ...RULE, ...fields }) as AlertRule;

describe('a rule', () => {
  it('needs a name, a metric and a level, and gets the rest', () => {
    expect(resolveAlertRule(RULE)).toEqual({
      name: 'loop-delay',
      summary: 'loop-delay',
      metric: 'loop.delay',
      selector: {},
      reduce: 'value',
      over: null,
      windowMs: 0,
      by: [],
      maxInstances: 100,
      direction: 'above',
      thresholds: [{ level: 'warn', beyond: 10, clear: 9 }],
      forMs: 0,
      keepMs: 0,
      maxGapMs: 60_000,
      realertMs: null,
      noData: 'keep',
    });
  });

  it('is not changed by what becomes of the object it was made of', () => {
    const selector = { state: 'open' };
    const resolved = resolveAlertRule({ ...RULE, selector });
    selector.state = 'closed';
    expect(resolved.selector).toEqual({ state: 'open' });
  });

  it('resolves to the same when it comes from JSON', () => {
    const rule: AlertRule = {
      ...RULE,
      reduce: 'ratio',
      over: { metric: 'loop.turns' },
      by: ['thread'],
      realertMs: null,
    };
    expect(resolveAlertRule(JSON.parse(JSON.stringify(rule)))).toEqual(resolveAlertRule(rule));
  });
});

describe('levels', () => {
  it.each<[string, Partial<AlertRule>, [number, number][]]>([
    [
      'a tenth below by default',
      { levels: { warn: 10, critical: 100 } },
      [
        [10, 9],
        [100, 90],
      ],
    ],
    [
      'where one number says for the lowest',
      { levels: { warn: 10, critical: 100 }, clearBelow: 5 },
      [
        [10, 5],
        [100, 90],
      ],
    ],
    [
      'where each is told',
      { levels: { warn: 10, critical: 100 }, clearBelow: { critical: 20 } },
      [
        [10, 9],
        [100, 20],
      ],
    ],
    [
      'never before the one below',
      { levels: { warn: 10, critical: 10.5 }, clearBelow: 9.9 },
      [
        [10, 9.9],
        [10.5, 9.9],
      ],
    ],
    ['farther down also from a negative one', { levels: { warn: -10 } }, [[-10, -11]]],
    [
      'above with direction below',
      { direction: 'below', levels: { warn: 10, critical: 5 } },
      [
        [10, 11],
        [5, 5.5],
      ],
    ],
    ['as told with direction below', { direction: 'below', levels: { warn: 10 }, clearAbove: 15 }, [[10, 15]]],
  ])('are over %s', (_, fields, expected) => {
    const { thresholds } = resolveAlertRule({ ...RULE, ...fields });
    expect(thresholds.map(({ beyond, clear }) => [beyond, clear])).toEqual(expected);
  });
});

describe('a mistake', () => {
  it.each<[object, string, string]>([
    [{ name: '' }, 'name', 'Cannot use alert rule "": name is "", required is a text'],
    [{ metric: 7 }, 'metric', 'Cannot use alert rule "loop-delay": metric is 7, required is a text'],
    [{ selector: { state: 1 } }, 'selector.state', 'selector.state is 1, required is a string'],
    [{ selector: [] }, 'selector', 'selector is a list of 0, required are strings by label name'],
    [{ reduce: 'mean' }, 'reduce', 'reduce is "mean", allowed are value, rate, ratio, p50, p90, p95, p99'],
    [{ reduce: 'ratio' }, 'over', 'over is missing, required with ratio is what to divide by'],
    [{ reduce: 'ratio', over: {} }, 'over.metric', 'over.metric is missing, required is a text'],
    [{ reduce: 'ratio', over: { metric: 'x', selektor: {} } }, 'over', 'is "selektor", allowed are metric, selector'],
    [{ over: { metric: 'x' } }, 'over', 'over is an object, only ratio divides, and reduce is value'],
    [{ windowMs: -1 }, 'windowMs', 'windowMs is -1, allowed are milliseconds of at least 0'],
    [{ by: 'state' }, 'by', 'by is "state", required is a list of label names'],
    [{ by: ['state', 'state'] }, 'by[1]', 'by[1] is "state", allowed is every label once'],
    [{ maxInstances: 0 }, 'maxInstances', 'maxInstances is 0, allowed are integers of at least 1'],
    [{ direction: 'up' }, 'direction', 'direction is "up", allowed are above, below'],
    [{ levels: {} }, 'levels', 'levels is an object, required is a number for at least one of info, warn, critical'],
    [{ levels: 10 }, 'levels', 'levels is 10, required is a number for at least one of info, warn, critical'],
    [{ levels: { fatal: 1 } }, 'levels', 'levels is "fatal", allowed are info, warn, critical'],
    [{ levels: { warn: '10' } }, 'levels.warn', 'levels.warn is "10", required is a number'],
    [{ levels: { info: 5, warn: 4 } }, 'levels.warn', 'levels.warn is 4, allowed is at least 5, where info begins'],
    [{ direction: 'below', levels: { info: 5, warn: 6 } }, 'levels.warn', 'allowed is at most 5, where info begins'],
    [{ clearBelow: 11 }, 'clearBelow', 'clearBelow is 11, allowed is at most 10'],
    [{ clearBelow: { warn: 11 } }, 'clearBelow.warn', 'clearBelow.warn is 11, allowed is at most 10'],
    [{ clearBelow: { info: 1 } }, 'clearBelow', 'clearBelow is "info", allowed are the levels of the rule, warn'],
    [{ levels: { info: 5, warn: 10 }, clearBelow: { warn: 4 } }, 'clearBelow.warn', 'is 4, allowed is 4.5 to 10'],
    [{ direction: 'below', clearAbove: 9 }, 'clearAbove', 'clearAbove is 9, allowed is at least 10'],
    [{ direction: 'below', clearBelow: 9 }, 'clearBelow', 'clearBelow is 9, with direction below it is clearAbove'],
    [{ clearAbove: 9 }, 'clearAbove', 'clearAbove is 9, with direction above it is clearBelow'],
    [{ forMs: Number.POSITIVE_INFINITY }, 'forMs', 'forMs is Infinity, allowed are milliseconds of at least 0'],
    [{ keepMs: Number.NaN }, 'keepMs', 'keepMs is NaN, allowed are milliseconds of at least 0'],
    [{ maxGapMs: 0 }, 'maxGapMs', 'maxGapMs is 0, allowed are milliseconds above 0'],
    [{ realertMs: 0 }, 'realertMs', 'realertMs is 0, allowed are milliseconds above 0'],
    [{ noData: 'panic' }, 'noData', 'noData is "panic", allowed are keep, resolve, fire'],
    [{ summary: ' ' }, 'summary', 'summary is " ", required is a text'],
    [{ forMS: 5 }, 'forMS', 'forMS is 5, known are name, metric,'],
  ])('is told by its field: %j', (fields, field, message) => {
    const error = expect.objectContaining({
      code: 'INVALID_ALERT_RULE',
      field,
      message: expect.stringContaining(message),
    });
    expect(() => resolveAlertRule(invalid(fields))).toThrow(error);
  });

  it.each([null, undefined, 'rule', []])('is told when a rule is %j', (rule) => {
    expect(() => resolveAlertRule(rule as unknown as AlertRule)).toThrow(/^Cannot use alert rule "": rule is /);
  });
});
