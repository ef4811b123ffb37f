import { runAlone } from '../library/run-alone.ts';
import type { Workbench } from '../workbench.ts';
import type { HeldOrder } from './held.ts';

/** What many things cost while nobody uses them. */
export interface Idleness {
  /** Timers that were started and still run. */
  readonly timers: number;
  /** Share of one core, over three seconds. */
  readonly cpuPercent: number;
}

/** Makes `count` things, each used once, in a process of its own, and looks at them doing nothing. */
export function idleness(bench: Workbench, order: HeldOrder): Promise<Idleness> {
  return runAlone(bench, new URL('idle-process.ts', import.meta.url), order);
}
