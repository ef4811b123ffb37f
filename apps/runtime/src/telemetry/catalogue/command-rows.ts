import type { CounterDescriptor, HistogramDescriptor, UpDownCounterDescriptor } from '@sessiond/metrics-sinks';
import { COMMAND_SECONDS } from './command-seconds.ts';
import { counter, histogram, level } from './row.ts';

export const commandDuration: HistogramDescriptor<'command' | 'code'> = histogram('sessiond.command.duration', {
  unit: 's',
  help: 'Time from the start of a command to its answer, by type (unknown if it had none) and code (OK or an error code); 0 for one that was refused.',
  labelNames: ['command', 'code'],
  buckets: COMMAND_SECONDS,
});
export const commandInflight: UpDownCounterDescriptor = level('sessiond.command.inflight', {
  unit: '{command}',
  help: 'Commands that wait or run.',
});
export const commandQueueWait: HistogramDescriptor = histogram('sessiond.command.queue.wait', {
  unit: 's',
  help: 'Time that commands waited for their turn.',
  buckets: COMMAND_SECONDS,
});

export const commandReplays: CounterDescriptor<'by'> = counter('sessiond.command.replays', {
  unit: '{command}',
  help: 'Commands that were answered with the outcome of an earlier execution: known by their id (id) or by their idempotency key (key).',
  labelNames: ['by'],
});
export const commandDependencyWaits: CounterDescriptor = counter('sessiond.command.dependency.waits', {
  unit: '{command}',
  help: 'Commands that had to wait for one that they depend on.',
});
export const outcomeCount: UpDownCounterDescriptor<'by'> = level('sessiond.outcome.count', {
  unit: '{outcome}',
  help: 'Outcomes of commands that are remembered: by command id (id) and by idempotency key (key).',
  labelNames: ['by'],
});
export const outcomeUsage: UpDownCounterDescriptor<'by'> = level('sessiond.outcome.usage', {
  unit: 'By',
  help: 'Memory that is taken for these outcomes.',
  labelNames: ['by'],
});
export const outcomesForgotten: CounterDescriptor<'by'> = counter('sessiond.outcome.forgotten', {
  unit: '{outcome}',
  help: 'Outcomes that made room for later ones, or whose time was over.',
  labelNames: ['by'],
});
