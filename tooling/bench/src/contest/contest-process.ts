// A process of its own in which one library does one kind of work, a turn for every message. Argument: JSON of Order.
import { setImmediate as nextTask } from 'node:timers/promises';
import { chosen, loadEntry, type Order } from './fields.ts';
import type { Work } from './work.ts';

/** Long against the microsecond in which processor time is told, short enough for many turns. */
const TURN_MS = 20;
const WARM_UP_MS = 300;

process.on('disconnect', () => process.exit());
const order = JSON.parse(process.argv[2]!) as Order;
const work = await chosen((await loadEntry(order)).works, order)();
const times = await warmUp(work);
process.on('message', async () => process.send!(await nanoseconds(work, times)));
process.send!('ready');

/** Lets the engine compile, and finds how many operations make a turn. */
async function warmUp(work: Work): Promise<number> {
  let times = 1;
  let spentMs = 0;
  while (spentMs < WARM_UP_MS) {
    const perTurnMs = ((await nanoseconds(work, times)) * times) / 1e6;
    spentMs += perTurnMs;
    if (perTurnMs < TURN_MS) times *= perTurnMs < TURN_MS / 2 ? 2 : Math.max(1, TURN_MS / perTurnMs);
    times = Math.round(times);
  }
  return times;
}

/** Processor time of one operation, that of the garbage it leaves and of the threads it keeps busy included. */
async function nanoseconds(work: Work, times: number): Promise<number> {
  // What the message and the turn before left to do is not part of it.
  await nextTask();
  const started = process.cpuUsage();
  const done = await work(times);
  const { user, system } = process.cpuUsage(started);
  if (done !== times) {
    throw new Error(
      `Cannot measure ${order.what} of ${order.library}: ${done} of ${times} operations went as they should`,
    );
  }
  return ((user + system) * 1_000) / times;
}
