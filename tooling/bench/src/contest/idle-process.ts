// A process of its own that makes many things of a kind, uses each once, and then only waits. Argument: JSON of HeldOrder.
import { createHook } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { reportAlone } from '../library/run-alone.ts';
import { chosen, loadEntry } from './fields.ts';
import type { HeldOrder } from './held.ts';
import type { Idleness } from './idle.ts';
import type { Holding } from './work.ts';

const SETTLE_MS = 500;
const IDLE_MS = 3_000;

await reportAlone(async (order: HeldOrder): Promise<Idleness> => {
  const make = chosen<Holding>((await loadEntry(order)).holdings, order);
  const timers = new Set<number>();
  const hook = createHook({
    init: (id, type) => void (type === 'Timeout' && timers.add(id)),
    destroy: (id) => void timers.delete(id),
  }).enable();
  const held = await make(order.count);
  // A timer that was cleared is told to be gone only some tasks later.
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  hook.disable();
  const started = timers.size;
  await sleep(SETTLE_MS);
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await sleep(IDLE_MS);
  const { user, system } = process.cpuUsage(before);
  const share = (user + system) / 1_000 / (performance.now() - startedAt);
  if (held === undefined) throw new Error('Cannot measure idleness: nothing was kept');
  return { timers: started, cpuPercent: share * 100 };
});
