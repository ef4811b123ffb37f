// A process of its own that consumes floods, so that they do not share an event loop with the client whose latency is
// measured. Argument: JSON of FloodOrder. Tells its total whenever asked, and ends when its parent is gone.
import { contenderNamed } from '../contenders/field.ts';
import { GO } from '../programs.ts';
import type { FloodOrder, FloodTotal } from './floods.ts';
import type { Terminal } from './terminal.ts';

const order = JSON.parse(process.argv[2]!) as FloodOrder;
const contender = contenderNamed(order.contender);
const terminals: Terminal[] = [];
const total = (): FloodTotal => ({
  bytes: terminals.reduce((sum, terminal) => sum + terminal.receivedBytes, 0),
  atMs: performance.now(),
});

process.on('disconnect', () => process.exit());
process.on('message', async (message) => {
  if (message === 'total') {
    process.send!(total());
    return;
  }
  await Promise.all(terminals.map((terminal) => terminal.close()));
  process.exit();
});

for (let opened = 0; opened < order.count; opened++) {
  terminals.push(await contender.open(order.address, order.program));
}
for (const terminal of terminals) terminal.write(GO);
await Promise.all(terminals.map((terminal) => terminal.reach(order.warmBytes)));
process.send!(total());
