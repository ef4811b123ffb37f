import { describe, expect, it } from 'vitest';
import type { AlertEvent } from '../alert-event.ts';
import { type AlertLogger, logAlertHandler } from './log.ts';

const FIRING: AlertEvent = {
  kind: 'firing',
  rule: 'loop-delay',
  summary: 'The event loop lags.',
  metric: 'loop.delay',
  labels: {},
  level: 'warn',
  previousLevel: null,
  phase: 'firing',
  previousPhase: 'pending',
  value: 0.25,
  at: 1_000,
  time: '2026-01-01T00:00:00.000Z',
  activeMs: 0,
};

/** Writes lines down. */
function logger(): AlertLogger & { readonly lines: string[]; readonly fields: object[] } {
  const lines: string[] = [];
  const fields: object[] = [];
  const write = (level: string) => (given: object, message: string) => {
    lines.push(`${level}: ${message}`);
    fields.push(given);
  };
  return { lines, fields, info: write('info'), warn: write('warn'), error: write('error') };
}

describe('the log', () => {
  it.each<[Partial<AlertEvent>, string]>([
    [{}, 'warn: Alert loop-delay firing warn at 0.25: The event loop lags.'],
    [{ level: 'info' }, 'info: Alert loop-delay firing info at 0.25: The event loop lags.'],
    [
      { kind: 'escalated', level: 'critical', previousLevel: 'warn', labels: { thread: 'main', host: 'a"b' } },
      'error: Alert loop-delay{thread="main",host="a\\"b"} escalated from warn to critical at 0.25: The event loop lags.',
    ],
    [
      { kind: 'repeated', level: 'critical', previousLevel: 'critical', value: null },
      'error: Alert loop-delay repeated critical at no value: The event loop lags.',
    ],
    [
      { kind: 'resolved', level: null, previousLevel: 'critical', value: 0 },
      'warn: Alert loop-delay resolved from critical at 0: The event loop lags.',
    ],
    [
      { kind: 'resolved', level: null, previousLevel: 'info', value: 17_375_773.554701816 },
      'info: Alert loop-delay resolved from info at 17375800: The event loop lags.',
    ],
  ])('has one line for an event: %j', (fields, line) => {
    const written = logger();
    const event = { ...FIRING, ...fields };
    logAlertHandler(written).handle(event);
    expect(written.lines).toEqual([line]);
    expect(written.fields).toEqual([{ alert: event }]);
  });

  it('is told of the kinds it was made for', () => {
    expect(logAlertHandler(logger()).kinds).toBeUndefined();
    expect(logAlertHandler(logger(), ['resolved']).kinds).toEqual(['resolved']);
  });
});
