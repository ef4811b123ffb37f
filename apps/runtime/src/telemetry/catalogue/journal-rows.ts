import type {
  CounterDescriptor,
  GaugeDescriptor,
  HistogramDescriptor,
  UpDownCounterDescriptor,
} from '@sessiond/metrics-sinks';
import { COMMAND_SECONDS } from './command-seconds.ts';
import { counter, gauge, histogram, level } from './row.ts';

export const journalRecorded: CounterDescriptor = counter('sessiond.journal.recorded', {
  unit: '{command}',
  help: 'Commands that were recorded when they were let in.',
});
export const journalEntries: UpDownCounterDescriptor = level('sessiond.journal.entries', {
  unit: '{command}',
  help: 'Commands that the journal keeps.',
});
export const journalSize: UpDownCounterDescriptor = level('sessiond.journal.size', {
  unit: 'By',
  help: 'Size of the commands that the journal keeps, as text.',
});
export const journalInFlight: UpDownCounterDescriptor = level('sessiond.journal.in_flight', {
  unit: '{command}',
  help: 'Recorded commands without an outcome; a restart would interrupt them.',
});
export const journalQueued: UpDownCounterDescriptor = level('sessiond.journal.queued', {
  unit: 'By',
  help: 'What waits to be written to the journal or is being written.',
});
export const journalBatchDuration: HistogramDescriptor = histogram('sessiond.journal.batch.duration', {
  unit: 's',
  help: 'Time a batch of changes took to be written; in mode sync until it was on the disk.',
  buckets: COMMAND_SECONDS,
});
export const journalFailures: CounterDescriptor = counter('sessiond.journal.failures', {
  unit: '{batch}',
  help: 'Batches that could not be written, attempts to become writable again included.',
});
export const journalFailed: GaugeDescriptor = gauge('sessiond.journal.failed', {
  unit: '1',
  help: '1 while nothing can be recorded and commands that must be are refused, else 0.',
});
