import { childEnvironment, PtyManager } from '@sessiond/pty-core';

const ptys = new PtyManager();
const pty = ptys.spawn({ command: 'sh', env: childEnvironment(process.env), cols: 100, rows: 30 });
pty.write(Buffer.from('echo "$((6 * 7)) is the answer"; exit 3\n'));
for await (const chunk of pty.output.chunks()) {
  if (chunk.kind === 'bytes') process.stdout.write(chunk.bytes);
}
console.log(await pty.stopped); // { exitCode: 3, signal: null, reason: 'exited' }
