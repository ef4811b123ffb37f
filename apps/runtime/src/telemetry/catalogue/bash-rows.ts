import type { CounterDescriptor, UpDownCounterDescriptor } from '@sessiond/metrics-sinks';
import { counter, level } from './row.ts';

export const bashCount: UpDownCounterDescriptor<'state'> = level('sessiond.bash.count', {
  unit: '{command}',
  help: 'Bash commands that run (running), and that were answered and have left processes behind (left-behind).',
  labelNames: ['state'],
});
export const bashStarted: CounterDescriptor = counter('sessiond.bash.started', {
  unit: '{command}',
  help: 'Bash commands whose shell was started.',
});
export const bashFinished: CounterDescriptor<'outcome'> = counter('sessiond.bash.finished', {
  unit: '{command}',
  help: 'Bash commands by how they ended: with a status (exit), by a signal of their own (signal), at their deadline (timeout), because somebody ended them (aborted), or before they began (spawn-failed).',
  labelNames: ['outcome'],
});
export const bashOutput: CounterDescriptor = counter('sessiond.bash.output', {
  unit: 'By',
  help: 'Output read from bash commands.',
});
export const bashTruncated: CounterDescriptor = counter('sessiond.bash.truncated', {
  unit: '{command}',
  help: 'Bash commands whose answer lacks the beginning of their output.',
});
