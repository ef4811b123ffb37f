/** Somebody who comes late, or was too slow, sees the last bytes and is told exactly what is missing. */
import { childEnvironment, PtyManager } from '@sessiond/pty-core';

const pty = new PtyManager().spawn({
  command: 'seq',
  args: ['1', '100'],
  env: childEnvironment(process.env),
  bufferBytes: 64,
});
await pty.stopped;

let tail = '';
for await (const chunk of pty.output.chunks(0)) {
  if (chunk.kind === 'gap') console.log(`bytes ${chunk.from} to ${chunk.to} are gone`);
  else tail += Buffer.from(chunk.bytes).toString();
}
console.log(`then ${JSON.stringify(tail)} and the end, at ${pty.output.end}`);
