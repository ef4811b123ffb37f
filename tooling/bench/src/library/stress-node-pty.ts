import { onChunk, spawnBytes } from './node-pty.ts';
import { Scrollback } from './scrollback.ts';
import type { Consumer, StressTerminal } from './stress-terminal.ts';

/**
 * The same with node-pty: an array for the history, and a queue for a consumer that does not keep up, since a data event
 * offers its bytes once.
 */
export function openStressNodePty(argv: readonly string[], capacityBytes: number, consumer: Consumer): StressTerminal {
  const pty = spawnBytes(argv);
  const history = new Scrollback(capacityBytes);
  const queue: Uint8Array[] = [];
  let arrivedBytes = 0;
  let consumedBytes = 0;
  onChunk(pty, (chunk) => {
    arrivedBytes += chunk.length;
    history.push(chunk);
    if (consumer === 'fast') consumedBytes += chunk.length;
    else if (consumer !== 'absent') queue.push(chunk);
  });
  return {
    ended: new Promise((resolve) => pty.onExit(resolve)),
    get arrivedBytes() {
      return arrivedBytes;
    },
    get consumedBytes() {
      return consumedBytes;
    },
    write: (text) => pty.write(text),
    consume(maxBytes) {
      for (let left = maxBytes; left > 0 && queue.length > 0; ) {
        const [chunk] = queue as [Uint8Array];
        const taken = Math.min(left, chunk.length);
        if (taken === chunk.length) queue.shift();
        else queue[0] = chunk.subarray(taken);
        left -= taken;
        consumedBytes += taken;
      }
    },
    look() {},
    account: () => null,
  };
}
