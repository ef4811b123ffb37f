import type { CounterDescriptor, GaugeDescriptor, UpDownCounterDescriptor } from '@sessiond/metrics-sinks';
import { counter, gauge, level } from './row.ts';

export const cpuTime: CounterDescriptor<'cpu.mode'> = counter('process.cpu.time', {
  unit: 's',
  help: 'Processor time of the daemon, without that of the programs in its terminals.',
  labelNames: ['cpu.mode'],
});
export const memoryUsage: UpDownCounterDescriptor = level('process.memory.usage', {
  unit: 'By',
  help: 'Resident memory of the daemon.',
});
export const uptime: GaugeDescriptor = gauge('process.uptime', {
  unit: 's',
  help: 'Time since the daemon was started.',
});
export const heapUsed: UpDownCounterDescriptor<'v8js.heap.space.name'> = level('v8js.memory.heap.used', {
  unit: 'By',
  help: 'Memory that objects take, by the part of the heap.',
  labelNames: ['v8js.heap.space.name'],
});
export const eventLoopDelayMax: GaugeDescriptor = eventLoopDelay('max', 'The most');
export const eventLoopDelayMean: GaugeDescriptor = eventLoopDelay('mean', 'The mean');
export const eventLoopDelayStddev: GaugeDescriptor = eventLoopDelay('stddev', 'The standard deviation');
export const eventLoopDelayP50: GaugeDescriptor = eventLoopDelay('p50', 'The median');
export const eventLoopDelayP90: GaugeDescriptor = eventLoopDelay('p90', 'The 90th percentile');
export const eventLoopDelayP99: GaugeDescriptor = eventLoopDelay('p99', 'The 99th percentile');
export const eventLoopUtilization: GaugeDescriptor = gauge('nodejs.eventloop.utilization', {
  unit: '1',
  help: 'Share of the time that the event loop was busy, over ten seconds.',
});
export const eventLoopTime: CounterDescriptor<'nodejs.eventloop.state'> = counter('nodejs.eventloop.time', {
  unit: 's',
  help: 'Time that the event loop was busy (active) or waited (idle).',
  labelNames: ['nodejs.eventloop.state'],
});

function eventLoopDelay(name: string, which: string): GaugeDescriptor {
  return gauge(`nodejs.eventloop.delay.${name}`, {
    unit: 's',
    help: `${which} of how late the event loop was for what was due, over ten seconds.`,
  });
}
