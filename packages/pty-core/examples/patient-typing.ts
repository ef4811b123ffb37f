/** Types more than fits: a refused write was refused whole, and the drain says when to go on. */
import { childEnvironment, InputQueueFullError, PtyManager } from '@sessiond/pty-core';

const pty = new PtyManager().spawn({
  command: 'sh',
  args: ['-c', 'stty raw -echo; printf R; sleep 0.2; head -c 500000 | wc -c'],
  env: childEnvironment(process.env),
  inputQueueBytes: 64 * 1024,
});
let output = '';
await new Promise<void>((ready) => {
  const reader = pty.output.openReader('start', () => {
    for (let chunk = reader.next(); chunk !== undefined; chunk = reader.next()) {
      if (chunk.kind === 'bytes') output += Buffer.from(chunk.bytes).toString();
    }
    ready();
  });
});

const page = Buffer.alloc(50_000, 'x');
let refusals = 0;
for (let typed = 0; typed < 500_000; ) {
  try {
    pty.write(page);
    typed += page.length;
  } catch (error) {
    if (!(error instanceof InputQueueFullError)) throw error;
    refusals += 1;
    await new Promise<void>((resolve) => {
      const stop = pty.onInputDrained(() => {
        stop();
        resolve();
      });
    });
  }
}
await pty.stopped;
console.log(`refused ${refusals > 0 ? 'sometimes' : 'never'}, arrived: ${output.slice(1).trim()}`);
