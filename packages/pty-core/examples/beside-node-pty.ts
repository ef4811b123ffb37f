import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment, PtyManager } from '@sessiond/pty-core';
import { spawn } from 'node-pty';

const [command, args, env] = ['seq', ['1', '1000'], childEnvironment(process.env)] as const;
const bare = spawn(command, [...args], { env, encoding: null });
const pty = new PtyManager().spawn({ command, args, env });
let [bareBytes, bytes] = [0, 0];
bare.pause(); // nobody reads for half a second; both children exit meanwhile
bare.onData((data) => (bareBytes += data.length));
await delay(500);
bare.resume();
for await (const chunk of pty.output.chunks()) if (chunk.kind === 'bytes') bytes += chunk.bytes.length;
await delay(500);
console.log(`${bareBytes} bytes with node-pty alone, ${bytes} with this package`);
