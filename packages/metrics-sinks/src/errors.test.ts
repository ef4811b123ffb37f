import { expect, it } from 'vitest';
import {
  InvalidAlertRuleError,
  InvalidLabelsError,
  InvalidMetricError,
  InvalidSinkOptionError,
  isMetricError,
  MetricConflictError,
} from './errors.ts';

it('says what was attempted, what was found and what is allowed', () => {
  expect(new InvalidMetricError('a.b', 'unit', '""', 'allowed are units').message).toBe(
    'Cannot create metric a.b: unit is "", allowed are units',
  );
  expect(new MetricConflictError('a.b', 'unit', 's', 'it exists with By').message).toBe(
    'Cannot create metric a.b: unit is s, it exists with By',
  );
  expect(new InvalidLabelsError('a.b', 'code is missing', ['code', 'verb']).message).toBe(
    'Cannot get series of a.b: code is missing, required are strings for code, verb',
  );
  expect(new InvalidLabelsError('a.b', 'code is not one of its labels', []).message).toBe(
    'Cannot get series of a.b: code is not one of its labels, required are strings for no label',
  );
  expect(new InvalidSinkOptionError('maxLabelSets', '-1', 'allowed are integers of at least 0').message).toBe(
    'Cannot create sink: maxLabelSets is -1, allowed are integers of at least 0',
  );
  expect(new InvalidAlertRuleError('delay', 'forMs', '-1', 'allowed are milliseconds of at least 0').message).toBe(
    'Cannot use alert rule "delay": forMs is -1, allowed are milliseconds of at least 0',
  );
});

it('knows its own errors by their code, also those of another copy of the package', () => {
  expect(isMetricError(new InvalidSinkOptionError('a', 'b', 'c'))).toBe(true);
  expect(isMetricError(Object.assign(new Error('from elsewhere'), { code: 'METRIC_CONFLICT' }))).toBe(true);
  expect(isMetricError(Object.assign(new Error('no such file'), { code: 'ENOENT' }))).toBe(false);
  expect(isMetricError(new Error('no code'))).toBe(false);
  expect(isMetricError({ code: 'METRIC_CONFLICT' })).toBe(false);
});
