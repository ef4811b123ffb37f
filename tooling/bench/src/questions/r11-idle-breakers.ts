import { idleness } from '../contest/idle.ts';
import { onWorkbench } from '../workbench.ts';
import type { Probe, Question } from './question.ts';

const BREAKERS = 10_000;
/** A process that only waits looks at its clock now and then. */
const IDLE_PERCENT = 0.5;

/** In a process each, in real time; the only question that takes seconds. */
export const idleBreakers: Question = {
  id: 'R11',
  asks: '10k idle breakers have no timers and take no CPU',
  probes: {
    sessiond: idle('sessiond'),
    cockatiel: idle('cockatiel'),
    opossum: idle('opossum'),
  },
};

function idle(library: string): Probe {
  return () =>
    onWorkbench(async (bench) => {
      const found = await idleness(bench, { field: 'guards', library, what: 'breakers', count: BREAKERS });
      return found.timers === 0 && found.cpuPercent < IDLE_PERCENT;
    });
}
