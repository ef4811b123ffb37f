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
for await (const chunk of pty.output.chunks()) {
  if (chunk.kind === 'bytes') await file.write(chunk.bytes);
}
await file.close();
console.log(`${(await stat(path)).size} bytes written, ${pty.output.stats().totalDropped} dropped`);
await rm(path);
