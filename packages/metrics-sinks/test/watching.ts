import { onTestFinished } from 'vitest';
import type { AlertEvent } from '../src/alert-event.ts';
import { callbackAlertHandler } from '../src/alert-handlers/callback.ts';
import type { AlertRule } from '../src/alert-rule.ts';
import type { AlertEventKind } from '../src/alert-state.ts';
import type {
  CounterDescriptor,
  GaugeDescriptor,
  HistogramDescriptor,
  UpDownCounterDescriptor,
} from '../src/metric.ts';
import { NoopSink } from '../src/noop.ts';
import { ThresholdAlertSink, type ThresholdAlertSinkOptions } from '../src/threshold-alert.ts';

/** A counter without labels. */
export const failures: CounterDescriptor = {
  name: 'some.failures',
  kind: 'counter',
  unit: '{failure}',
  help: 'Failures.',
};
/** A counter with two labels. */
export const calls: CounterDescriptor<'of' | 'outcome'> = {
  name: 'some.calls',
  kind: 'counter',
  unit: '{call}',
  help: 'Calls.',
  labelNames: ['of', 'outcome'],
};
/** What goes up and down. */
export const open: UpDownCounterDescriptor = {
  name: 'some.open',
  kind: 'upDownCounter',
  unit: '{file}',
  help: 'Open files.',
};
/** A gauge with a label. */
export const usage: GaugeDescriptor<'of'> = {
  name: 'some.usage',
  kind: 'gauge',
  unit: '1',
  help: 'Use.',
  labelNames: ['of'],
};
/** A histogram of three buckets and the rest. */
export const delay: HistogramDescriptor = {
  name: 'some.delay',
  kind: 'histogram',
  unit: 's',
  help: 'Delay.',
  buckets: [1, 3, 9],
};

const EVERY_KIND: readonly AlertEventKind[] = [
  'pending',
  'cancelled',
  'firing',
  'escalated',
  'deescalated',
  'repeated',
  'recovering',
  'relapsed',
  'resolved',
];

/** A sink at second 0 of a clock of its own, and what it tells; it is closed at the end of the test. */
export function watching(
  rules: readonly Partial<AlertRule>[],
  options: Partial<ThresholdAlertSinkOptions> = {},
): { sink: ThresholdAlertSink; events: AlertEvent[]; told: () => string[]; tick: (seconds: number) => void } {
  const events: AlertEvent[] = [];
  const sink = new ThresholdAlertSink({
    sink: new NoopSink(),
    rules: rules.map((rule, index) => ({ name: `rule-${index}`, metric: 'some.open', levels: { warn: 10 }, ...rule })),
    handlers: [callbackAlertHandler((event) => events.push(event), EVERY_KIND)],
    now: () => 0,
    ...options,
  });
  onTestFinished(() => sink.close());
  const told = () => events.map(({ kind, at, value }) => `${at / 1_000}: ${kind} at ${value}`);
  return { sink, events, told, tick: (seconds) => sink.tick(seconds * 1_000) };
}
