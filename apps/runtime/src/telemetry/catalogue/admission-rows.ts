import type {
  CounterDescriptor,
  GaugeDescriptor,
  HistogramDescriptor,
  UpDownCounterDescriptor,
} from '@sessiond/metrics-sinks';
import { COMMAND_SECONDS } from './command-seconds.ts';
import { counter, gauge, histogram, level } from './row.ts';

export const limiterRequests: CounterDescriptor<'limiter' | 'decision'> = counter('sessiond.limiter.requests', {
  unit: '{request}',
  help: 'Requests to a budget, granted or refused.',
  labelNames: ['limiter', 'decision'],
});
export const limiterRefunds: CounterDescriptor<'limiter' | 'result'> = counter('sessiond.limiter.refunds', {
  unit: '{refund}',
  help: 'Budget that was given back: refunded, or late if the window it was taken from was over.',
  labelNames: ['limiter', 'result'],
});
export const limiterGeneration: CounterDescriptor<'limiter'> = counter('sessiond.limiter.generation', {
  unit: '{generation}',
  help: 'Slices of time that a limiter has numbered, sixteen per window; what is given back counts only within its own.',
  labelNames: ['limiter'],
});
export const limiterKeys: UpDownCounterDescriptor<'limiter'> = level('sessiond.limiter.keys', {
  unit: '{key}',
  help: 'Keys of a limiter with budget in use.',
  labelNames: ['limiter'],
});
export const bulkheadUsage: UpDownCounterDescriptor<'bulkhead'> = level('sessiond.bulkhead.usage', {
  unit: '{place}',
  help: 'Places of a bulkhead that are taken.',
  labelNames: ['bulkhead'],
});
export const bulkheadLimit: GaugeDescriptor<'bulkhead'> = gauge('sessiond.bulkhead.limit', {
  unit: '{place}',
  help: 'Places that a bulkhead has; of a kind with one for each session or principal, the places of one.',
  labelNames: ['bulkhead'],
});
export const bulkheadWaiting: UpDownCounterDescriptor<'bulkhead'> = level('sessiond.bulkhead.waiting', {
  unit: '{command}',
  help: 'Commands that wait for a place.',
  labelNames: ['bulkhead'],
});
export const bulkheadWait: HistogramDescriptor<'bulkhead'> = histogram('sessiond.bulkhead.wait', {
  unit: 's',
  help: 'Time that commands waited for a place.',
  labelNames: ['bulkhead'],
  buckets: COMMAND_SECONDS,
});
export const bulkheadRefusals: CounterDescriptor<'bulkhead'> = counter('sessiond.bulkhead.refusals', {
  unit: '{command}',
  help: 'Commands for which there was neither a place nor room to wait.',
  labelNames: ['bulkhead'],
});
export const breakerCalls: CounterDescriptor<'breaker' | 'outcome'> = counter('sessiond.breaker.calls', {
  unit: '{call}',
  help: 'Calls that a breaker stands in front of: refused by it, or let through with success, failure, or an outcome that is ignored.',
  labelNames: ['breaker', 'outcome'],
});
export const breakerTransitions: CounterDescriptor<'breaker' | 'scope' | 'from' | 'to'> = counter(
  'sessiond.breaker.transitions',
  {
    unit: '{transition}',
    help: 'Changes of the state of a breaker: the one in front of everybody (global), or that of one key (key).',
    labelNames: ['breaker', 'scope', 'from', 'to'],
  },
);
export const breakerStatus: GaugeDescriptor<'breaker' | 'state'> = gauge('sessiond.breaker.status', {
  unit: '{status}',
  help: '1 for the state that the breaker in front of everybody is in, 0 for the others.',
  labelNames: ['breaker', 'state'],
});
export const breakerKeys: UpDownCounterDescriptor<'breaker' | 'state'> = level('sessiond.breaker.keys', {
  unit: '{key}',
  help: 'Keys with a breaker of their own that is open, or is not (other).',
  labelNames: ['breaker', 'state'],
});
