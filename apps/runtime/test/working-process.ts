import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Five milliseconds of work, by the clock of its own processor time, in every ten. */
const PROGRAM = `
  const delay = require('node:perf_hooks').monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  setInterval(() => {
    const before = process.cpuUsage();
    for (let used = 0; used < 5000; ) {
      const { user, system } = process.cpuUsage(before);
      used = user + system;
    }
  }, 10);
  process.stdin.on('end', () => {
    process.stdout.write(String(delay.percentile(99) / 1e6 - 20), () => process.exit());
  }).resume();
`;

/**
 * Starts a process that works half of the time, never for long, and watches how late its event loop is: what of the lateness of another process that works is due to the machine. One that
 * sleeps would not tell, because who wakes up goes before those that work.
 * @returns how to end it, which answers with the 99th percentile in milliseconds.
 */
export async function startWorkingProcess(): Promise<() => Promise<number>> {
  const child = spawn(process.execPath, ['-e', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child, 'spawn');
  return async () => {
    const output = text(child.stdout);
    child.stdin.end();
    await once(child, 'close');
    return Math.max(0, Number(await output));
  };
}
