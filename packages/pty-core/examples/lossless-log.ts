/** Writes a child's output to a file, the whole of it, however slow the disk: the child waits, memory does not grow. */
import { open, rm, stat } from 'node:fs/promises';
import { childEnvironment, PtyManager } from '@sessiond/pty-core';

const pty = new PtyManager().spawn({
  command: 'seq',
  args: ['1', '200000'],
  env: childEnvironment(process.env),
  bufferBytes: 64 * 1024,
  overflow: 'pause',
});

const path = `lossless-log-${process.pid}.txt`;
const file = await open(path, 'w');
let wake = (): void => {};
const reader = pty.output.openReader('start', () => wake());
for (;;) {
  const chunk = reader.next();
  if (chunk?.kind === 'bytes') {
    // A view into the ring: with `pause` nothing overwrites it before it is acknowledged.
    await file.write(chunk.bytes);
    reader.acknowledge(reader.offset);
  } else if (chunk?.kind === 'end') {
    break;
  } else {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}
await file.close();
console.log(`${(await stat(path)).size} bytes written, ${pty.output.stats().totalDropped} dropped`);
await rm(path);
