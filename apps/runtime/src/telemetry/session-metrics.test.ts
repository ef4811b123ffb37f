import { MemorySink } from '@sessiond/metrics-sinks';
import { expect, it } from 'vitest';
import { sessionDurations } from './session-metrics.ts';

function durations() {
  const memory = new MemorySink();
  const take = sessionDurations(memory);
  const event = (type: string, ptyId: string, timestamp: number, ending: object = {}) =>
    take({ type, ptyId, timestamp, ...ending });
  const seen = () => {
    const metric = memory.snapshot()[0];
    if (metric?.kind !== 'histogram') throw new Error('no histogram');
    return metric.series.filter(({ count }) => count > 0).map(({ labels, sum, count }) => [labels['exit'], count, sum]);
  };
  return { event, seen };
}

it('times every program from its start to the end of its output, by how it ended', () => {
  const { event, seen } = durations();
  for (const [at, id] of ['a', 'b', 'c', 'd', 'e'].entries()) event('pty.spawned', id, at * 1000);
  event('pty.output', 'a', 4500);
  event('pty.stopped', 'a', 5000, { reason: 'exited', exitCode: 0 });
  event('pty.stopped', 'b', 5000, { reason: 'exited', exitCode: 3 });
  event('pty.stopped', 'c', 5000, { reason: 'signaled', exitCode: null });
  event('pty.stopped', 'd', 5000, { reason: 'terminated', exitCode: 0 });
  event('pty.stopped', 'e', 5500, { reason: 'exited', exitCode: 0 });
  expect(seen()).toEqual([
    ['success', 2, 6.5],
    ['failure', 1, 4],
    ['signal', 1, 3],
    ['terminated', 1, 2],
  ]);
});

it('counts an id that is used again as another program, and an end without a start not at all', () => {
  const { event, seen } = durations();
  event('pty.stopped', 'a', 1000, { reason: 'exited', exitCode: 0 });
  event('pty.spawned', 'a', 1000);
  event('pty.stopped', 'a', 2000, { reason: 'exited', exitCode: 0 });
  event('pty.spawned', 'a', 5000);
  event('pty.stopped', 'a', 8000, { reason: 'exited', exitCode: 0 });
  expect(seen()).toEqual([['success', 2, 4]]);
});
