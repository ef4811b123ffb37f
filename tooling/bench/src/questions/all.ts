import type { Question } from './question.ts';
import { idleness } from './r01-idleness.ts';
import { lateFailure } from './r02-late-failure.ts';
import { lateSuccess } from './r03-late-success.ts';
import { hungProbe } from './r04-hung-probe.ts';
import { abortedWaiter } from './r05-aborted-waiter.ts';
import { lateRefund } from './r06-late-refund.ts';
import { refusedTakesNothing } from './r07-refused-takes-nothing.ts';
import { edge } from './r08-edge.ts';
import { slotOfRunningWork } from './r09-slot-of-running-work.ts';
import { fullWindow } from './r10-full-window.ts';
import { idleBreakers } from './r11-idle-breakers.ts';

/** The questions about what a guard does. Their probes run in virtual time. */
export const BEHAVIOUR: readonly Question[] = [
  idleness,
  lateFailure,
  lateSuccess,
  hungProbe,
  abortedWaiter,
  lateRefund,
  refusedTakesNothing,
  edge,
  slotOfRunningWork,
];

/** The questions about what it costs. Their probes measure, in real time. */
export const COST: readonly Question[] = [fullWindow, idleBreakers];
