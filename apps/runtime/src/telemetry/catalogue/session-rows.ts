import type { CounterDescriptor, HistogramDescriptor, UpDownCounterDescriptor } from '@sessiond/metrics-sinks';
import { counter, histogram, level } from './row.ts';

/** From a single command to a terminal that was open for weeks. */
const LIFE_SECONDS = [0.1, 1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800];

export const sessionCount: UpDownCounterDescriptor<'kind'> = level('sessiond.session.count', {
  unit: '{session}',
  help: 'Sessions that can be addressed, finished ones that are still readable included.',
  labelNames: ['kind'],
});
export const sessionDuration: HistogramDescriptor<'kind' | 'exit'> = histogram('sessiond.session.duration', {
  unit: 's',
  help: 'Time from the start of a program to the end of its output, by how it ended: success, failure, signal or terminated.',
  labelNames: ['kind', 'exit'],
  buckets: LIFE_SECONDS,
});
export const ptyIo: CounterDescriptor<'direction'> = counter('sessiond.pty.io', {
  unit: 'By',
  help: 'Bytes read from programs and written to them.',
  labelNames: ['direction'],
});
export const ptyDropped: CounterDescriptor = counter('sessiond.pty.dropped', {
  unit: 'By',
  help: 'Output that was overwritten before it was delivered.',
});
export const ptyBackpressure: UpDownCounterDescriptor<'state'> = level('sessiond.pty.backpressure', {
  unit: '{terminal}',
  help: 'Terminals whose buffer is nearly full of output that nobody has taken (on), as it is where a lot is written and nobody is attached, and all others (off).',
  labelNames: ['state'],
});
export const ptyTombstones: UpDownCounterDescriptor = level('sessiond.pty.tombstones', {
  unit: '{terminal}',
  help: 'Ended terminals whose end is still remembered.',
});
export const ptyListenerFailures: CounterDescriptor = counter('sessiond.pty.listener.failures', {
  unit: '{failure}',
  help: 'Times that something inside the daemon that listens to a terminal failed; each is a defect, and disturbed no terminal.',
});
export const ptyOrphans: CounterDescriptor<'outcome'> = counter('sessiond.pty.orphans', {
  unit: '{process}',
  help: 'Processes that an earlier run left behind, as the look for them at the start settled it: found, reattached, terminated or reported.',
  labelNames: ['outcome'],
});
export const ringUsage: UpDownCounterDescriptor = level('sessiond.ring.usage', {
  unit: 'By',
  help: 'Output that is kept for terminals.',
});
export const ringLimit: UpDownCounterDescriptor = level('sessiond.ring.limit', {
  unit: 'By',
  help: 'Output that may be kept for the terminals there are.',
});
