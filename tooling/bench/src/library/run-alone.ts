import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Workbench } from '../workbench.ts';

const LIMIT_MS = 120_000;

/**
 * Runs `script` in a process of its own and answers with what it reports, both plain JSON.
 *
 * Rejects when it ends without a report, or has none after two minutes; it is ended then.
 */
export async function runAlone<Order, Report>(bench: Workbench, script: URL, order: Order): Promise<Report> {
  const child = bench.spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(script), JSON.stringify(order)],
    // The loader is found from here.
    { cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const reported = once(child, 'message');
  const exited = once(child, 'exit');
  try {
    const gone = exited.then(() => {
      throw new Error(`Cannot measure with ${fileURLToPath(script)}: it ended without a report`);
    });
    const [report] = (await Promise.race([reported, gone])) as [Report];
    await exited;
    return report;
  } finally {
    clearTimeout(timer);
  }
}

/** Within such a process: does what it was ordered to, reports, and ends. Ends too when its parent is gone. */
export async function reportAlone<Order, Report>(measure: (order: Order) => Promise<Report>): Promise<void> {
  process.on('disconnect', () => process.exit());
  const report = await measure(JSON.parse(process.argv[2]!) as Order);
  process.send!(report, () => process.exit());
}
