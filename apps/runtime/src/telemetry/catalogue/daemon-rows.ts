import type { CounterDescriptor, GaugeDescriptor, UpDownCounterDescriptor } from '@sessiond/metrics-sinks';
import { counter, gauge, level } from './row.ts';

export const authFailures: CounterDescriptor<'reason'> = counter('sessiond.auth.failures', {
  unit: '{failure}',
  help: 'Requests that were not let in: for their credentials, for what they may do (scope), for the page or name they came by (origin), or because whoever decides took too long (timeout) or failed (provider).',
  labelNames: ['reason'],
});
export const containedFailures: CounterDescriptor<'kind'> = counter('sessiond.contained.failures', {
  unit: '{failure}',
  help: 'Unexpected exceptions that ended one connection, raw terminal (terminal), HTTP request or session and nothing else; each is a defect.',
  labelNames: ['kind'],
});
export const logDropped: CounterDescriptor = counter('sessiond.log.dropped', {
  unit: '{line}',
  help: 'Lines of the log that were dropped because nobody read them.',
});
export const metricTroubles: CounterDescriptor<'kind'> = counter('sessiond.metric.troubles', {
  unit: '{trouble}',
  help: 'What went wrong with these metrics: amounts that were left out (invalid), label sets beyond the budget (overflowed), sources that could not be read (unread).',
  labelNames: ['kind'],
});
export const limit: GaugeDescriptor<'name'> = gauge('sessiond.limit', {
  unit: '{limit}',
  help: 'Every configured limit, by the name and in the unit it has in the configuration; those that are off are left out.',
  labelNames: ['name'],
});
export const alertFiring: UpDownCounterDescriptor<'level'> = level('sessiond.alert.firing', {
  unit: '{alert}',
  help: 'Alerts that fire.',
  labelNames: ['level'],
});
export const alertDeliveries: CounterDescriptor<'outcome'> = counter('sessiond.alert.deliveries', {
  unit: '{event}',
  help: 'Events of alerts for the webhook: delivered, failed after every attempt, or dropped.',
  labelNames: ['outcome'],
});
