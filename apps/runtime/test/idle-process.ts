import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const PROGRAM = `
  const delay = require('node:perf_hooks').monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  process.stdin.on('end', () => process.stdout.write(String(delay.percentile(99) / 1e6 - 20))).resume();
`;

/**
 * Starts a process that does nothing and watches how late its event loop is: what of the lateness of another process is due to the machine.
 * @returns how to end it, which answers with the 99th percentile in milliseconds.
 */
export async function startIdleProcess(): Promise<() => Promise<number>> {
  const child = spawn(process.execPath, ['-e', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child, 'spawn');
  return async () => {
    const output = text(child.stdout);
    child.stdin.end();
    await once(child, 'close');
    return Math.max(0, Number(await output));
  };
}
