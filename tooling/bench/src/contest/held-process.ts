// A process of its own that makes many things of a kind and tells what one of them holds. Argument: JSON of HeldOrder.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { reportAlone } from '../library/run-alone.ts';
import { chosen, loadEntry } from './fields.ts';
import type { HeldOrder } from './held.ts';
import type { Holding } from './work.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

await reportAlone(async (order: HeldOrder): Promise<number> => {
  const make = chosen<Holding>((await loadEntry(order)).holdings, order);
  // Code, shapes and tables that the first ones need are not theirs alone.
  let held = await make(1_000);
  const before = bytes();
  held = [held, await make(order.count)];
  const after = bytes();
  if (held === undefined) throw new Error('Cannot measure memory: nothing was kept');
  return (after - before) / order.count;
});

/** Reachable memory: objects, and the buffers of typed arrays, which lie outside the heap. */
function bytes(): number {
  for (let pass = 0; pass < 3; pass++) collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
