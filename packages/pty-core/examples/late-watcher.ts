/** Somebody who comes late, or was too slow, sees the last bytes and is told exactly what is missing. */
import { childEnvironment, PtyManager } from '@sessiond/pty-core';

const pty = new PtyManager().spawn({
  command: 'seq',
  args: ['1', '100'],
  env: childEnvironment(process.env),
  bufferBytes: 64,
});
await pty.stopped;

const watcher = pty.output.openReader(0, () => {});
let tail = '';
for (let chunk = watcher.next(); chunk !== undefined; chunk = watcher.next()) {
  if (chunk.kind === 'gap') console.log(`bytes ${chunk.from} to ${chunk.to} are gone`);
  else if (chunk.kind === 'bytes') tail += Buffer.from(chunk.bytes).toString();
  else console.log(`then ${JSON.stringify(tail)} and the end, at ${chunk.offset}`);
}
